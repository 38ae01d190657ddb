/** Why rows did not become users, counted by kind. */
import { reasonKindOf } from './reason-kind.ts'
import type { OktaRejection } from '../../okta/errors/rejection.ts'
import type { Report } from './rejects.ts'

export interface ReasonKind {
  readonly reason: string
  readonly count: number
  /** The first lines of the input that have it. */
  readonly lines: readonly number[]
}

/** Enough to find one in the input. */
const MAX_LINES = 3

/** Okta's words may hold what is different in each row, so that the kinds would never end. */
const MAX_KINDS = 100
const OTHER = 'other reasons'

/** A row may have several reasons, and then counts for each. */
export const createReasons = () => {
  const kinds = new Map<string, { count: number; readonly lines: number[] }>()
  const note = (reason: string, line: number): void => {
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
        note(code + each, line)
      }
    },
    /** The most frequent first. */
    list: (): ReasonKind[] =>
      [...kinds].map(([reason, kind]) => ({ reason, ...kind })).sort((a, b) => b.count - a.count),
  }
}

/** Okta's words on a refusal, without any secret of the row that they may repeat. */
export const reasonFor = (
  { words }: Pick<OktaRejection, 'words'>,
  secrets: readonly string[],
): string => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), words)
