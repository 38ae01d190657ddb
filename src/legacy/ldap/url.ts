/** Reads the URL of a directory: its address, the TLS to use, and how a login is looked for. */
import { FilterParser, type Filter } from 'ldapts'
import { AppError } from '../../errors/errors.ts'
import { isLoopback } from '../../http/url.ts'
import type { ExpiredPasswords } from './bind-results.ts'

export interface DirectoryAddress {
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'starttls' | 'none'
}

/** How the entry of a login is found. */
export interface EntrySearch {
  readonly base: string
  readonly scope: 'sub' | 'one'
  /** An entry is found by any of these. */
  readonly attributes: readonly string[]
  /** All of which must hold too. */
  readonly filters: readonly Filter[]
}

export interface DirectorySettings {
  readonly address: DirectoryAddress
  readonly search: EntrySearch
  readonly expired: ExpiredPasswords
}

const OPTIONS = ['base', 'attribute', 'scope', 'filter', 'starttls', 'expired'] as const

type Options = Readonly<Record<(typeof OPTIONS)[number], readonly string[]>>

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'ldap:': 389, 'ldaps:': 636 }

/** Each attribute is one more search of an index. */
const MAX_ATTRIBUTES = 8

/** A name, or an object identifier (RFC 4512, section 1.4). */
const ATTRIBUTE = /^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)$/i

const refuse = (what: string): AppError =>
  new AppError('legacy_unusable', { detail: `LEGACY_LOGIN_URL ${what}` })

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('contains a % that is not part of a percent-encoding; write %25 for a literal %')
  }
}

/** Not by `URLSearchParams`, which makes a blank of a plus, and a plus may be part of a name. */
const readOptions = (url: URL): Options => {
  const options: Record<keyof Options, string[]> = {
    base: [],
    attribute: [],
    scope: [],
    filter: [],
    starttls: [],
    expired: [],
  }
  const text = url.search.slice(1)
  for (const part of text === '' ? [] : text.split('&')) {
    const [name = '', ...rest] = part.split('=')
    const known = OPTIONS.find((option) => option === name)
    if (!known)
      throw refuse(
        `has an option that is none of: ${OPTIONS.join(', ')}. In a value, write %26 for & and %23 for #`,
      )
    options[known].push(decode(rest.join('=')))
  }
  return options
}

/** The value of an option that may be there once, and has one of some words. */
const oneOf = <T extends string>(
  options: Options,
  name: keyof Options,
  words: readonly [T, ...T[]],
): T | undefined => {
  const [value, another] = options[name]
  if (value === undefined) return undefined
  const word = words.find((each) => each === value)
  if (another !== undefined || word === undefined)
    throw refuse(`may have ${name} once, as ${words.join(' or ')}`)
  return word
}

/**
 * The parser takes some filters whose brackets are not closed. It also makes two characters of a character that is
 * escaped as two bytes.
 */
const readFilter = (text: string): Filter => {
  const [opened, closed] = ['(', ')'].map((bracket) => text.split(bracket).length)
  if (!text.startsWith('(') || opened !== closed || /\\[89a-f]/i.test(text))
    throw refuse(
      'has a filter with a bracket that is missing, or with an escape of a letter that is not ASCII; write the letter',
    )
  try {
    return FilterParser.parseString(text)
  } catch {
    throw refuse('has a filter that is no LDAP filter (RFC 4515)')
  }
}

const readSearch = (options: Options): EntrySearch => {
  const [base = '', another] = options.base
  if (base === '' || another !== undefined)
    throw refuse('must name one base, such as base=ou=people,dc=example,dc=com')
  const attributes = options.attribute
  if (attributes.length === 0 || !attributes.every((name) => ATTRIBUTE.test(name)))
    throw refuse('must name the attributes that hold logins, such as attribute=mail&attribute=uid')
  if (attributes.length > MAX_ATTRIBUTES)
    throw refuse(`may name ${MAX_ATTRIBUTES} attributes at most`)
  const scope = oneOf(options, 'scope', ['sub', 'one']) ?? 'sub'
  return { base, scope, attributes, filters: options.filter.map(readFilter) }
}

const readAddress = (url: URL, startTls: boolean): DirectoryAddress => {
  const isLdaps = url.protocol === 'ldaps:'
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw refuse('must name a host')
  if (isLdaps && startTls) throw refuse('asks for starttls with ldaps:, which is TLS already')
  const security = isLdaps ? 'tls' : startTls ? 'starttls' : 'none'
  if (security === 'none' && !isLoopback(host))
    throw refuse(
      'would send passwords over the network in plain text; use ldaps:, or add starttls=true',
    )
  const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port)
  return { host, port, security }
}

/** @throws AppError `legacy_unusable` */
export const readDirectoryUrl = (url: URL): DirectorySettings => {
  if (url.username !== '' || url.password !== '')
    throw refuse(
      'holds a user; put it in LEGACY_LOGIN_BIND_DN and LEGACY_LOGIN_BIND_PASSWORD instead',
    )
  if (!['', '/'].includes(url.pathname) || url.hash !== '')
    throw refuse('has more than a host before its options; write the base as base=…, and %23 for #')
  const options = readOptions(url)
  const startTls = oneOf(options, 'starttls', ['true', 'false']) === 'true'
  return {
    address: readAddress(url, startTls),
    search: readSearch(options),
    expired: oneOf(options, 'expired', ['match']) ?? 'expired',
  }
}
