/** Says what a reset is about to do, how far it is, and what happened to the people. */
import { relative } from 'node:path'
import { createNewFile } from '../../../audit/accounts/files.ts'
import { wordsOfLeftOut, type LeftOut } from '../../../cutoff/reset/choose.ts'
import type { ResetCount, ResetLine, ResetOutcome } from '../../../cutoff/reset/listed.ts'
import type { ResetJournal } from '../../../cutoff/reset/reset-journal.ts'
import { SKIPS } from '../../../cutoff/reset/verdict.ts'
import { fitting } from '../../../import/report/progress.ts'
import type { RateLimitStatus } from '../../../okta/client/client.ts'
import { describeWait } from '../../../okta/client/wait.ts'
import { spreadsheetLine } from '../../../text/csv-line.ts'
import { describeSeconds } from '../../../text/duration.ts'
import { figure, numberOf } from '../../../text/figure.ts'
import type { ProgressView } from '../../terminal/progress-display.ts'

export interface ResetStart {
  /** The host of the org. */
  readonly org: string
  readonly count: number
  /** Of a list that goes on: how many are still to come. */
  readonly left: number
  readonly leftOut: readonly LeftOut[]
  readonly links: string | null
  readonly perHour: number | undefined
  /** How long a link lives; undefined if that is not known. */
  readonly linkMinutes: number | undefined
  readonly isGoingOn: boolean
}

/** As it would be typed here, where it is below the working directory. */
const fromHere = (path: string): string => {
  const shown = relative('', path)
  return shown.startsWith('..') ? path : shown
}

const describeHow = ({ links }: ResetStart): string =>
  links === null
    ? 'Okta mails each of them a link to set a new password.'
    : `Nobody gets a mail: the links go to ${fromHere(links)}. Mail them yourself.`

const describeLife = ({ linkMinutes }: ResetStart): string => {
  const missed = 'Who misses it cannot help themselves: the help desk must reset them again.'
  return linkMinutes === undefined
    ? `How long a link lives was not read. ${missed}`
    : `A link lives ${describeSeconds(linkMinutes * 60)}. ${missed}`
}

const describePace = ({ perHour, left }: ResetStart): string[] => {
  if (perHour === undefined) return []
  const hours = Math.max(0, left - 1) / perHour
  return [`At ${figure(perHour)} an hour this takes about ${describeSeconds(hours * 3600)}.`]
}

const MOST_LINES = 20

const linesOf = (lines: readonly number[]): string => {
  const more = lines.length - MOST_LINES
  const shown = lines.slice(0, MOST_LINES).join(', ')
  return `${lines.length === 1 ? 'line' : 'lines'} ${shown}${more > 0 ? ` and ${figure(more)} more` : ''}`
}

/** By line and not by login: it can be in the detail of an error. */
export const describeLeftOut = (leftOut: readonly LeftOut[]): string[] => {
  if (leftOut.length === 0) return []
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))]
  return [
    `${numberOf(leftOut.length, 'row of the file is', 'rows of the file are')} left out:`,
    ...reasons.map((reason) => {
      const lines = leftOut.filter((one) => one.reason === reason).map(({ line }) => line)
      return `  ${wordsOfLeftOut(reason)}: ${linesOf(lines)}`
    }),
  ]
}

const describeGoingOn = ({ isGoingOn, count, left }: ResetStart): string[] =>
  isGoingOn
    ? [
        `It goes on with the ${figure(left)} left of ${numberOf(count, 'person', 'people')} that were confirmed.`,
      ]
    : []

export const describeResetStart = (start: ResetStart): string =>
  [
    `This resets the password of ${numberOf(start.count, 'person', 'people')} of ${start.org}. It CANNOT BE UNDONE.`,
    describeHow(start),
    'Until the link was used, neither a sign-in nor "forgot password" works for them.',
    describeLife(start),
    'Without a reset, each of them can use "forgot password" at any time.',
    ...describeLeftOut(start.leftOut),
    ...describeGoingOn(start),
    ...describePace(start),
    '',
  ].join('\n')

const STATES = ['done', 'skipped', 'failed', 'dropped', 'open', 'waiting'] as const

export type ResetTotals = Record<(typeof STATES)[number], number>

export const totalsOf = (counts: readonly ResetCount[]): ResetTotals => {
  const sum = (wanted: string): number =>
    counts.reduce((all, { state, people }) => (state === wanted ? all + people : all), 0)
  return Object.fromEntries(STATES.map((state) => [state, sum(state)])) as ResetTotals
}

const skippedWords = (counts: readonly ResetCount[]): string[] =>
  counts
    .filter(({ state }) => state === 'skipped')
    .map(({ reason, people }) => {
      const words = (SKIPS as Record<string, string>)[reason ?? ''] ?? reason ?? ''
      return `  ${figure(people)} ${words}`
    })

export const describeResetSummary = (counts: readonly ResetCount[], list: string): string => {
  const { done, skipped, failed, open, waiting } = totalsOf(counts)
  const left = open + waiting
  return [
    `${figure(done)} reset, ${figure(skipped)} left as they are, ${figure(failed)} failed.`,
    ...skippedWords(counts),
    ...(left > 0
      ? [`${figure(left)} ${left === 1 ? 'is' : 'are'} not finished: the same command goes on.`]
      : []),
    `${list} says what happened to each of them.`,
    'The way back, for those who have not used the link: okta-migrate cutoff reopen',
    '',
  ].join('\n')
}

export const toResetObject = (counts: readonly ResetCount[], list: string): object => ({
  ...totalsOf(counts),
  skips: Object.fromEntries(
    counts
      .filter(({ state }) => state === 'skipped')
      .map(({ reason, people }) => [reason ?? '', people]),
  ),
  list,
})

export type ResetSnapshot = Record<ResetOutcome['state'], number> & { readonly total: number }

/** @param waiting for what, apart from Okta's limits */
export const resetView = (
  { total, ...counts }: ResetSnapshot,
  waiting: string | undefined,
  pace: RateLimitStatus,
  now: number,
): ProgressView => {
  const ended = counts.done + counts.skipped + counts.failed
  const line = `${figure(ended)} of ${numberOf(total, 'person', 'people')}: ${figure(counts.done)} reset, ${figure(counts.skipped)} left as they are, ${figure(counts.failed)} failed`
  const wait = waiting ?? describeWait(pace, now)
  return {
    live: (columns) => [line, wait ?? ''].map((text) => fitting(columns, text)),
    line: () => [line, wait].filter(Boolean).join('; '),
    event: () => ({ event: 'progress', ...counts, total, waitingFor: wait }),
  }
}

const HEAD = ['login', 'okta_id', 'state', 'reason', 'at', 'request_id', 'reopened']
const OWN_HEAD = new RegExp(`^${HEAD.join(',')}\\r`)

const cellsOf = ({ login, oktaId, state, reason, sentAt, requestId, restored }: ResetLine) => [
  ...[login, oktaId, state, reason ?? ''],
  sentAt === null ? '' : new Date(sentAt).toISOString(),
  ...[requestId ?? '', restored ?? ''],
]

/** @param list all lists where it is null */
export const writeResetList = (journal: ResetJournal, list: number | null, path: string): void => {
  const file = createNewFile(path, OWN_HEAD)
  try {
    file.write(spreadsheetLine(HEAD))
    for (const line of journal.lines(list)) file.write(spreadsheetLine(cellsOf(line)))
    file.publish()
  } finally {
    file.discard()
  }
}
