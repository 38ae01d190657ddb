/** The search language: a small part of SCIM's. All else is refused. */
import { OktaError } from '../http/errors.ts'

export type SearchKind = 'text' | 'date' | 'number' | 'boolean'

type Value = string | number | boolean

/** How to read an attribute of an item: undefined where it has no value, an array where it has several. */
export interface SearchAttribute<T> {
  readonly kind: SearchKind
  readonly read: (item: T) => unknown
}

export const textAttribute = <T>(read: (item: T) => unknown): SearchAttribute<T> => ({
  kind: 'text',
  read,
})

export type Predicate<T> = (item: T) => boolean

/** The operators of each kind of attribute, and whether case matters. */
export interface SearchDialect {
  readonly operators: Readonly<Record<SearchKind, readonly string[]>>
  readonly isExact: boolean
}

const ORDER = ['gt', 'ge', 'lt', 'le']

/** There is no `ne`: Okta's documentation recommends `lt … or gt …` instead. */
export const SEARCH: SearchDialect = {
  operators: {
    text: ['eq', 'sw', 'co', 'pr', ...ORDER],
    date: ['eq', 'pr', ...ORDER],
    number: ['eq', 'pr', ...ORDER],
    boolean: ['eq', 'pr'],
  },
  isExact: false,
}

export const FILTER: SearchDialect = {
  operators: { text: ['eq'], date: ['eq', ...ORDER], number: ['eq'], boolean: ['eq'] },
  isExact: true,
}

const OPERATORS = new Map<string, (value: Value, wanted: Value) => boolean>([
  ['eq', (value, wanted) => value === wanted],
  ['sw', (value, wanted) => String(value).startsWith(String(wanted))],
  ['co', (value, wanted) => String(value).includes(String(wanted))],
  ['gt', (value, wanted) => value > wanted],
  ['ge', (value, wanted) => value >= wanted],
  ['lt', (value, wanted) => value < wanted],
  ['le', (value, wanted) => value <= wanted],
  ['pr', () => true],
])

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false }

const NORMS: Readonly<Record<SearchKind, (value: unknown) => Value | undefined>> = {
  text: (value) => String(value).toLowerCase(),
  date: (value) => Date.parse(String(value)),
  number: Number,
  boolean: (value) => BOOLEANS[String(value)],
}

const MAX_DEPTH = 20
const TOKEN = /\s*(?:([()])|"((?:[^"\\]|\\.)*)"|([-+\w.]+))/y

interface Token {
  readonly kind: 'mark' | 'text' | 'word'
  readonly text: string
}

const unsupported = (): OktaError => new OktaError('E0000031')

const tokenise = (source: string): Token[] => {
  const tokens: Token[] = []
  const end = source.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(source)
    if (!found) throw unsupported()
    const [, mark, text, word] = found
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.replace(/\\(.)/g, '$1') })
    else tokens.push({ kind: 'word', text: word ?? '' })
  }
  return tokens
}

const compileClause = <T>(
  { kind, read }: SearchAttribute<T>,
  operator: string,
  wanted: string | undefined,
  { operators, isExact }: SearchDialect,
): Predicate<T> => {
  const compare = OPERATORS.get(operator)
  if (!compare || !operators[kind].includes(operator)) throw unsupported()
  const norm = isExact && kind === 'text' ? String : NORMS[kind]
  const target = wanted === undefined ? '' : norm(wanted)
  if (target === undefined || Number.isNaN(target)) throw unsupported()
  const fits = (value: unknown): boolean => {
    const own = value === undefined || value === null ? undefined : norm(value)
    return own !== undefined && compare(own, target)
  }
  return (item) => {
    const value = read(item)
    return Array.isArray(value) ? value.some(fits) : fits(value)
  }
}

/**
 * Compiles an expression to a predicate: clauses with and, or and parentheses.
 * @throws OktaError E0000031 for anything else
 */
export const parseSearch = <T>(
  source: string,
  attributeOf: (name: string) => SearchAttribute<T> | undefined,
  dialect: SearchDialect = SEARCH,
): Predicate<T> => {
  const tokens = tokenise(source)
  let at = 0
  const take = (kind: Token['kind']): string => {
    const token = tokens[at++]
    if (token?.kind !== kind) throw unsupported()
    return token.text
  }
  const takeIf = (kind: Token['kind'], text: string): boolean => {
    const found = tokens[at]?.kind === kind && tokens[at]?.text.toLowerCase() === text
    if (found) at += 1
    return found
  }
  const comparison = (): Predicate<T> => {
    const attribute = attributeOf(take('word'))
    if (!attribute) throw unsupported()
    const operator = take('word').toLowerCase()
    const isBare = attribute.kind === 'number' || attribute.kind === 'boolean'
    const kind = isBare && tokens[at]?.kind === 'word' ? 'word' : 'text'
    return compileClause(attribute, operator, operator === 'pr' ? undefined : take(kind), dialect)
  }
  const clause = (depth: number): Predicate<T> => {
    if (depth > MAX_DEPTH) throw unsupported()
    if (!takeIf('mark', '(')) return comparison()
    const inner = either(depth + 1)
    if (!takeIf('mark', ')')) throw unsupported()
    return inner
  }
  const both = (depth: number): Predicate<T> => {
    const parts = [clause(depth)]
    while (takeIf('word', 'and')) parts.push(clause(depth))
    return (item) => parts.every((part) => part(item))
  }
  const either = (depth: number): Predicate<T> => {
    const parts = [both(depth)]
    while (takeIf('word', 'or')) parts.push(both(depth))
    return (item) => parts.some((part) => part(item))
  }
  const predicate = either(0)
  if (at !== tokens.length) throw unsupported()
  return predicate
}
