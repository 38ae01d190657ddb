/** What an import says before it creates anybody, and the question whether to go on. */
import { describeSeconds } from '../../text/duration.ts'
import type { Mode } from '../../import/rows/modes.ts'
import { guessRows } from '../../import/sources/guess-rows.ts'
import type { Source } from '../../import/sources/source.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import type { ImportOptions, Paths } from './options.ts'
import { askYes } from '../terminal/prompt.ts'

export interface Start {
  readonly orgUrl: string
  /** Whom the token belongs to, where that can be read. */
  readonly account: string | undefined
  readonly mode: Mode
  /** Whether people who are there already are changed. */
  readonly update: boolean
  /** About how many the input has. */
  readonly rows: number | undefined
  /** How many of them the journal knows. */
  readonly known: number
  /** Whether the same was begun before, so that nobody is asked. */
  readonly isBegun: boolean
  /** At most so many more. */
  readonly limit: number | undefined
  /** Calls a minute that Okta's limit allows, and the part of it that is used, in per cent. */
  readonly callsPerMinute: number | undefined
  readonly share: number
  readonly paths: Paths
}

export interface Deps {
  /** As it was named. */
  readonly file: string | undefined
  readonly options: ImportOptions
  readonly source: Pick<Source, 'total' | 'hasHeader'>
  readonly paths: Paths
}

export const startFacts = (
  { file, options, source, paths }: Deps,
  facts: Pick<Start, 'orgUrl' | 'account' | 'known' | 'isBegun' | 'callsPerMinute'>,
): Start => {
  const isFile = file !== undefined && file !== '-'
  const rows = source.total ?? (isFile ? guessRows(file, source.hasHeader) : undefined)
  const { mode, limit, share, update = false } = options
  return { ...facts, mode, update, limit, share, rows, paths }
}

const rowsLeft = ({ rows, known, update, limit = Infinity }: Start): number | undefined =>
  rows === undefined
    ? Number.isFinite(limit)
      ? limit
      : undefined
    : Math.min(Math.max(0, rows - (update ? 0 : known)), limit)

/** Seconds that Okta's limit alone takes. */
export const secondsFor = (start: Start): number | undefined => {
  const left = rowsLeft(start)
  const { callsPerMinute: calls, share } = start
  if (left === undefined || !calls) return undefined
  return Math.round((left / Math.max(1, Math.floor((calls * share) / 100))) * 60)
}

const describeRows = (start: Start): string => {
  const { rows, known, limit } = start
  return [
    rows === undefined ? 'not known before the end' : `about ${rows}`,
    ...(known > 0 ? [`${known} of them are in the journal`] : []),
    ...(limit === undefined ? [] : [`up to ${limit} in this run`]),
  ].join(', ')
}

const describeDuration = (start: Start): string => {
  const seconds = secondsFor(start)
  const { callsPerMinute, share } = start
  if (callsPerMinute === undefined) return 'not known: Okta states no limit'
  const limit = `${share} % of ${callsPerMinute} calls a minute`
  return seconds === undefined
    ? `not known, at ${limit}`
    : `${describeSeconds(Math.max(1, seconds))} or more, at ${limit}`
}

export const describeStart = (start: Start): string =>
  [
    ['Org', start.orgUrl],
    ...(start.account === undefined ? [] : [['Account', printable(start.account)]]),
    ['Mode', start.update ? `${start.mode}, and people who are there are updated` : start.mode],
    ['Rows', describeRows(start)],
    ['Duration', describeDuration(start)],
    ['Journal', start.paths.journal],
    ['Rejects', start.paths.rejects],
  ]
    .map(([name = '', value = '']) => `${name.padEnd(9)} ${value}`)
    .join('\n')

/** For programs: the fields that docs/EVENTS.md lists. */
export const toStartEvent = ({ callsPerMinute, share, paths, ...start }: Start): object => {
  const { orgUrl, account, mode, update, rows, known } = start
  const seconds = secondsFor({ callsPerMinute, share, paths, ...start })
  return {
    event: 'start',
    orgUrl,
    account,
    mode,
    update,
    rows,
    known,
    callsPerMinute,
    share,
    seconds,
    ...paths,
  }
}

/** A person is asked once, at a terminal: a script has nobody to answer, and goes on. */
const isAsked = (
  { stdin, stderr }: CommandContext,
  { yes, json }: ImportOptions,
  { isBegun }: Start,
): boolean => {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true && stderr.isTTY === true
  return isTerminal && !yes && !json && !isBegun
}

/** @returns the exit code with which to end, where it shall not go on */
export const mayGoOn = async (
  host: CommandContext,
  options: ImportOptions,
  start: Start,
): Promise<1 | 130 | undefined> => {
  if (!isAsked(host, options, start)) return undefined
  if (options.quiet) host.stderr.write(`${describeStart(start)}\n`)
  const what = options.update ? 'Create or update' : 'Create'
  const answer = await askYes(`${what} these users? [y/N] `, host)
  if (answer === true) return undefined
  host.stderr.write('Nothing was sent.\n')
  return answer === undefined ? 130 : 1
}
