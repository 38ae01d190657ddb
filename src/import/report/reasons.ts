/** Why rows did not become users, counted by kind. */
import type { OktaRejection } from '../../okta/errors/rejection.ts'
import type { Report } from './rejects.ts'

/** What is in quotes is a value, unless it is the name of an attribute: `Property name 'team' is not defined`. */
const QUOTED = /(?<!\w|\bname )(["'])[^"']*\1/g
const ADDRESS = /[^\s,;:(]+@[^\s,;:)]+/g
/** Ids, dates and line numbers, but not lengths. */
const NUMBERED = /\b\w*\d[\w.:-]*\b(?! (?:characters|bytes)\b)/g

/** The text that reasons of one kind share. It holds no value of a row, so it may be shown anywhere. */
export const reasonKindOf = (reason: string): string =>
  reason.replace(QUOTED, '…').replace(ADDRESS, '…').replace(NUMBERED, '…')

export interface ReasonKind {
  readonly reason: string
  readonly count: number
  /** The first lines of the input that have it. */
  readonly lines: readonly number[]
}

const MAX_LINES = 3

/** Okta's text may contain something that differs in each row: the number of kinds must have a limit. */
const MAX_KINDS = 100
const OTHER = 'other reasons'

/** Counts reasons by kind; a row with several reasons counts for each of them. */
export const createReasons = () => {
  const kinds = new Map<string, { count: number; readonly lines: number[] }>()
  const count = (reason: string, line: number): void => {
    const isRoom = kinds.size < MAX_KINDS || kinds.has(reason)
    const name = isRoom ? reason : OTHER
    const kind = kinds.get(name) ?? { count: 0, lines: [] }
    kind.count++
    if (kind.lines.length < MAX_LINES) kind.lines.push(line)
    kinds.set(name, kind)
  }
  return {
    add: (line: number, { reason, errorCode }: Pick<Report, 'reason' | 'errorCode'>): void => {
      const code = errorCode ? `${errorCode} ` : ''
      for (const each of new Set(reasonKindOf(reason ?? 'no reason given').split('; '))) {
        count(code + each, line)
      }
    },
    /** The most frequent first. */
    list: (): ReasonKind[] =>
      [...kinds].map(([reason, kind]) => ({ reason, ...kind })).sort((a, b) => b.count - a.count),
  }
}

/** Okta's text on a rejection, without any secret of the row that it may repeat. */
export const reasonFor = (
  { words }: Pick<OktaRejection, 'words'>,
  secrets: readonly string[],
): string => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), words)
