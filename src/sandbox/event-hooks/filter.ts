/** Filters of event hooks: the part of the Okta Expression Language that compares single fields of an event. */
import { invalid } from '../http/errors.ts'
import type { LogEvent } from '../log/system-log.ts'
import type { Predicate } from '../org/search.ts'

/** "Supported filter fields" of the page "Okta Expression Language and event hooks", without lists. */
const FIELDS = new Map<string, (event: LogEvent) => string | null>([
  ['event.eventType', ({ eventType }) => eventType],
  ['event.outcome.reason', ({ outcome }) => outcome.reason],
  ['event.outcome.result', ({ outcome }) => outcome.result],
  ['event.actor.id', ({ actor }) => actor.id],
  ['event.actor.type', ({ actor }) => actor.type],
  ['event.actor.alternateId', ({ actor }) => actor.alternateId],
  ['event.actor.displayName', ({ actor }) => actor.displayName],
])

const OPERATORS: Readonly<Record<string, boolean>> = {
  eq: true,
  '==': true,
  ne: false,
  '!=': false,
}

const TOKEN = /\s*(\(|\)|&&|\|\||==|!=|'[^']*'|"[^"]*"|[\w.]+)/y
const MAX_DEPTH = 20

const refuse = (): Error =>
  invalid('expression', 'Is not simulated: compare single fields by eq, ne, && and ||')

const tokenise = (source: string): string[] => {
  const text = source.trimEnd()
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const [, token] = TOKEN.exec(text) ?? []
    if (token === undefined) throw refuse()
    tokens.push(token)
  }
  return tokens
}

const literal = (token = ''): string | null => {
  if (token === 'null') return null
  if (!/^['"]/.test(token)) throw refuse()
  return token.slice(1, -1)
}

/** @throws OktaError E0000001 for anything else than comparisons with `&&`, `||` and parentheses */
export const parseEventFilter = (source: string): Predicate<LogEvent> => {
  const tokens = tokenise(source)
  let at = 0
  const takeIf = (token: string): boolean => {
    if (tokens[at] !== token) return false
    at += 1
    return true
  }
  const comparison = (): Predicate<LogEvent> => {
    const read = FIELDS.get(tokens[at++] ?? '')
    const isEqual = OPERATORS[tokens[at++] ?? '']
    if (!read || isEqual === undefined) throw refuse()
    const wanted = literal(tokens[at++])
    return (event) => (read(event) === wanted) === isEqual
  }
  const clause = (depth: number): Predicate<LogEvent> => {
    if (depth > MAX_DEPTH) throw refuse()
    if (!takeIf('(')) return comparison()
    const inner = either(depth + 1)
    if (!takeIf(')')) throw refuse()
    return inner
  }
  const both = (depth: number): Predicate<LogEvent> => {
    const parts = [clause(depth)]
    while (takeIf('&&')) parts.push(clause(depth))
    return (event) => parts.every((part) => part(event))
  }
  const either = (depth: number): Predicate<LogEvent> => {
    const parts = [both(depth)]
    while (takeIf('||')) parts.push(both(depth))
    return (event) => parts.some((part) => part(event))
  }
  const predicate = either(0)
  if (at !== tokens.length) throw refuse()
  return predicate
}
