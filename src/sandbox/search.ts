/** Owns the search language: a small, honest part of SCIM's, and a refusal of the rest. */
import { OktaError } from './errors.ts'

/** How to read an attribute of an item; undefined where the item has none. */
export interface Attribute<T> {
  readonly isDate: boolean
  readonly read: (item: T) => string | undefined
}

export type Predicate<T> = (item: T) => boolean

type Compare = (value: string | number, wanted: string | number) => boolean

interface Operator {
  readonly fits: 'text' | 'dates' | 'both'
  readonly compare: Compare
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries<Operator>({
    eq: { fits: 'both', compare: (value, wanted) => value === wanted },
    sw: { fits: 'text', compare: (value, wanted) => String(value).startsWith(String(wanted)) },
    gt: { fits: 'dates', compare: (value, wanted) => value > wanted },
    ge: { fits: 'dates', compare: (value, wanted) => value >= wanted },
    lt: { fits: 'dates', compare: (value, wanted) => value < wanted },
    le: { fits: 'dates', compare: (value, wanted) => value <= wanted },
  }),
)

const MAX_DEPTH = 20
const TOKEN = /\s*(?:([()])|"((?:[^"\\]|\\.)*)"|([\w.]+))/y

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
  attribute: Attribute<T> | undefined,
  operatorName: string,
  wanted: string,
): Predicate<T> => {
  const operator = OPERATORS.get(operatorName)
  if (!attribute || !operator) throw unsupported()
  const isUsable = operator.fits === 'both' || attribute.isDate === (operator.fits === 'dates')
  // Operators and values are compared without regard to case.
  const norm = (text: string) => (attribute.isDate ? Date.parse(text) : text.toLowerCase())
  const target = norm(wanted)
  if (!isUsable || Number.isNaN(target)) throw unsupported()
  return (item) => {
    const value = attribute.read(item)
    return value !== undefined && operator.compare(norm(value), target)
  }
}

/**
 * Turns a search expression into a test of items: eq and sw on text, eq, gt, ge, lt and le on dates, joined
 * by and, or and parentheses.
 * @throws OktaError E0000031 for anything else
 */
export const parseSearch = <T>(
  source: string,
  attributeOf: (name: string) => Attribute<T> | undefined,
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
  const clause = (depth: number): Predicate<T> => {
    if (depth > MAX_DEPTH) throw unsupported()
    if (!takeIf('mark', '(')) {
      return compileClause(attributeOf(take('word')), take('word').toLowerCase(), take('text'))
    }
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
