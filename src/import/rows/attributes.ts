/** The attributes of a schema, each with a reader of its values. */
import type { SchemaAttribute } from '../../okta/api/user-schema.ts'
import { printable } from '../../text/printable.ts'
import { formatOf } from './formats.ts'
import {
  isScalar,
  readBoolean,
  readChecked,
  readInteger,
  readList,
  readNumber,
  readTextValue,
  type ValueCheck,
  type Read,
} from './read-value.ts'

/**
 * What a schema says of an attribute. `permissions` is left out: it is about what users may do in their own
 * profiles, not about the API.
 */
export type Rules = Partial<SchemaAttribute>

export interface ProfileAttribute {
  readonly read: Read
  readonly isReadOnly: boolean
}

export interface ProfileAttributes {
  /** Whether the org has no others, so that any other column is a mistake. */
  readonly areAll: boolean
  readonly names: readonly string[]
  /** Those without which Okta creates no user. */
  readonly required: readonly string[]
  readonly get: (name: string) => ProfileAttribute | undefined
}

const lengthChecks = ({ minLength, maxLength }: Rules): ValueCheck[] => {
  const [min, max] = [minLength ?? 0, maxLength ?? Infinity]
  const tooShort = `is shorter than ${min} characters`
  const tooLong = `is longer than ${max} characters`
  return [
    (text) => (String(text).length < min ? tooShort : undefined),
    (text) => (String(text).length > max ? tooLong : undefined),
  ]
}

const MAX_SHOWN = 10

/** The values are the org's own, so they may be shown. If one is an object or a list, Okta checks all of them. */
const optionChecks = ({ enum: plain, oneOf }: Rules): ValueCheck[] => {
  const all = oneOf?.map((option) => option.const) ?? plain
  if (!all?.length || !all.every(isScalar)) return []
  const allowed = new Set(all.map(String))
  const shown = all.slice(0, MAX_SHOWN).map((each) => printable(String(each), 40))
  const more = all.length > MAX_SHOWN ? ', …' : ''
  const flaw = `is not one of the values that the org allows: ${shown.join(', ')}${more}`
  return [(value) => (allowed.has(String(value)) ? undefined : flaw)]
}

/**
 * One class of characters, any number of times. Okta documents no other form besides `.+` ("Login pattern
 * validation"), and checks any other itself: a pattern with groups and repeats could take years on the text of
 * one row, however short, while this form takes one step per character.
 */
const ONE_CLASS = /^\[(?:[^[\]\\&]|\\.)+\]\+$/

const patternChecks = (pattern: string): ValueCheck[] => {
  if (!ONE_CLASS.test(pattern)) return []
  try {
    const regex = new RegExp(`^${pattern}$`, 'u')
    const flaw = `has characters that the org does not allow: it takes ${printable(pattern, 100)}`
    return [(text) => (regex.test(String(text)) ? undefined : flaw)]
  } catch {
    // Okta's patterns are Java's, and some are invalid in JavaScript.
    return []
  }
}

const formatChecks = (name: string): ValueCheck[] => {
  const format = formatOf(name)
  return format ? [(text) => (format.test(String(text)) ? undefined : format.flaw)] : []
}

const textChecks = (name: string, rules: Rules): ValueCheck[] => {
  const { format, pattern } = rules
  if (typeof pattern === 'string') return [...lengthChecks(rules), ...patternChecks(pattern)]
  const usual = name === 'login' ? 'email' : undefined
  return [...lengthChecks(rules), ...formatChecks(format ?? usual ?? '')]
}

const asItIs: Read = (value) => value

const READERS: ReadonlyMap<string, Read> = new Map([
  ['string', readTextValue],
  ['boolean', readBoolean],
  ['number', readNumber],
  ['integer', readInteger],
])

/** Okta itself checks values of unknown types. */
const scalarReader = (name: string, rules: Rules): Read => {
  const read = READERS.get(rules.type ?? '')
  if (!read) return asItIs
  const isText = rules.type === 'string'
  return readChecked(read, [...(isText ? textChecks(name, rules) : []), ...optionChecks(rules)])
}

const readerOf = (name: string, rules: Rules, separator: string | undefined): Read =>
  rules.type === 'array'
    ? readList(scalarReader('', rules.items ?? {}), separator)
    : scalarReader(name, rules)

/** @param separator of the items of a list that is written as text */
export const createAttributes = (
  schema: ReadonlyMap<string, Rules>,
  { areAll, separator }: { readonly areAll: boolean; readonly separator?: string | undefined },
): ProfileAttributes => {
  const isReadOnly = (rules: Rules): boolean => rules.mutability === 'READ_ONLY'
  const attributes = new Map<string, ProfileAttribute>()
  for (const [name, rules] of schema) {
    const read = readerOf(name, rules, separator)
    attributes.set(name, { read, isReadOnly: isReadOnly(rules) })
  }
  const needed = [...schema].filter(([, rules]) => rules.isRequired && !isReadOnly(rules))
  return {
    areAll,
    names: [...attributes.keys()],
    required: needed.map(([name]) => name),
    get: (name) => attributes.get(name),
  }
}
