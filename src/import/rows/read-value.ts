/** Reads values by type: converts the text of a CSV file or a database to what Okta takes. */
import { FLAG_WORDS, readFlag } from '../../text/flag.ts'
import type { Scalar, Value } from '../sources/source.ts'

/** Everything wrong with a value, each to be read after the attribute's name; never the value itself. */
export class Flaws {
  readonly all: readonly string[]

  constructor(...all: readonly string[]) {
    this.all = all
  }
}

/** Allocates nothing but the value, since it is called for every value of a million rows. */
export type Read = (value: Value) => Value | Flaws

const NO_TEXT = new Flaws('must be text')
const NO_FLAG = new Flaws(`must be ${FLAG_WORDS}`)
const NO_NUMBER = new Flaws('must be a number')
const NO_INTEGER = new Flaws('must be a whole number')
const INEXACT = new Flaws('is a number with more digits than can be kept exactly')

/** JSON readers, ours and many others, round whole numbers beyond 2^53. */
const isExact = (number: number): boolean =>
  Number.isSafeInteger(number) || !Number.isInteger(number)

/** Okta may want text where a database or JSON has a number, such as an employee number. */
export const readTextValue: Read = (value) => {
  if (typeof value === 'string') return value
  if (typeof value !== 'number') return NO_TEXT
  return isExact(value) ? String(value) : INEXACT
}

export const readBoolean: Read = (value) =>
  (typeof value === 'object' ? undefined : readFlag(value)) ?? NO_FLAG

const numeric =
  (pattern: RegExp, isOne: (number: unknown) => boolean, wrong: Flaws): Read =>
  (value) => {
    if (typeof value === 'string') {
      const text = value.trim()
      return pattern.test(text) ? numeric(pattern, isOne, wrong)(Number(text)) : wrong
    }
    if (typeof value !== 'number' || !isOne(value)) return wrong
    return isExact(value) ? value : INEXACT
  }

export const readNumber = numeric(
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i,
  Number.isFinite,
  NO_NUMBER,
)

/** Databases write whole numbers of a decimal column with zeros. */
export const readInteger = numeric(/^[+-]?\d+(?:\.0*)?$/, Number.isInteger, NO_INTEGER)

export const isScalar = (item: unknown): item is Scalar =>
  ['string', 'number', 'boolean'].includes(typeof item)

const jsonList = (text: string): readonly Scalar[] | undefined => {
  if (!text.startsWith('[')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every(isScalar) ? parsed : undefined
  } catch {
    return undefined
  }
}

const split = (text: string, separator: string): string[] =>
  text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '')

const NO_LIST = new Flaws(
  'must be a list: JSON such as ["a", "b"], or separated by what --array-separator names',
)

/** @param separator of the items of a text that is not JSON; without one, such a text is not a list */
export const readList =
  (readItem: Read, separator: string | undefined): Read =>
  (value) => {
    const text = typeof value === 'string' ? value.trim() : ''
    const items = Array.isArray(value)
      ? (value as readonly Scalar[])
      : (jsonList(text) ?? (text && separator ? split(text, separator) : undefined))
    if (!items) return NO_LIST
    const read = items.map(readItem)
    const wrong = read.find((item) => item instanceof Flaws)
    if (!wrong) return read as Scalar[]
    return new Flaws(...wrong.all.map((what) => `has an item that ${what}`))
  }

/** What is wrong with a value of the right type, if anything. */
export type ValueCheck = (value: Value) => string | undefined

export const readChecked = (read: Read, checks: readonly ValueCheck[]): Read => {
  if (checks.length === 0) return read
  return (value) => {
    const found = read(value)
    if (found instanceof Flaws) return found
    let wrong: string[] | undefined
    for (const check of checks) {
      const what = check(found)
      if (what !== undefined) (wrong ??= []).push(what)
    }
    return wrong ? new Flaws(...wrong) : found
  }
}
