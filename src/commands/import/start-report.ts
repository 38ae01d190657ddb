/** Reports what an import is about to do, and asks for confirmation. */
import { AppError } from '../../errors/errors.ts'
import { describeSeconds } from '../../text/duration.ts'
import type { Mode } from '../../import/rows/modes.ts'
import { guessRows } from '../../import/sources/file.ts'
import type { Source } from '../../import/sources/source.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import type { ImportOptions, Paths } from './options.ts'
import { askYes, canAsk } from '../terminal/prompt.ts'

export interface Start {
  readonly orgUrl: string
  /** The owner of the token, where that can be read. */
  readonly account: string | undefined
  readonly mode: Mode
  /** Whether existing users are changed. */
  readonly update: boolean
  /** About how many rows the input has. */
  readonly rows: number | undefined
  /** How many of them are in the journal. */
  readonly known: number
  /** Whether it continues an earlier run, and needs no confirmation. */
  readonly isResumed: boolean
  /** The most rows of this run. */
  readonly limit: number | undefined
  /** Calls a minute that Okta's limit allows, and the percentage of it that is used. */
  readonly callsPerMinute: number | undefined
  readonly share: number
  readonly paths: Paths
}

export interface StartDeps {
  /** As given on the command line. */
  readonly file: string | undefined
  readonly options: ImportOptions
  readonly source: Pick<Source, 'total' | 'hasHeader'>
  readonly paths: Paths
}

export const toStart = (
  { file, options, source, paths }: StartDeps,
  facts: Pick<Start, 'orgUrl' | 'account' | 'known' | 'isResumed' | 'callsPerMinute'>,
): Start => {
  const isFile = file !== undefined && file !== '-'
  const rows = source.total ?? (isFile ? guessRows(file, source.hasHeader) : undefined)
  const { mode, limit, share, update = false } = options
  return { ...facts, mode, update, limit, share, rows, paths }
}

const rowsLeft = ({ rows, known, update, limit }: Start): number | undefined =>
  rows === undefined ? limit : Math.min(Math.max(0, rows - (update ? 0 : known)), limit ?? Infinity)

/** The duration in seconds if only Okta's limit counts. */
export const secondsFor = (start: Start): number | undefined => {
  const left = rowsLeft(start)
  const { callsPerMinute: calls, share } = start
  if (left === undefined || !calls) return undefined
  return Math.round((left / Math.max(1, Math.floor((calls * share) / 100))) * 60)
}

const describeRows = ({ rows, known, limit }: Start): string =>
  [
    rows === undefined ? 'unknown until the end' : `about ${rows}`,
    ...(known > 0 ? [`${known} of them are in the journal`] : []),
    ...(limit === undefined ? [] : [`up to ${limit} in this run`]),
  ].join(', ')

const describeDuration = (start: Start): string => {
  const seconds = secondsFor(start)
  const { callsPerMinute, share } = start
  if (callsPerMinute === undefined) return 'unknown: Okta states no limit'
  const limit = `${share} % of ${callsPerMinute} calls a minute`
  return seconds === undefined
    ? `unknown, at ${limit}`
    : `${describeSeconds(Math.max(1, seconds))} or more, at ${limit}`
}

export const describeTable = (rows: readonly string[][]): string =>
  rows.map(([name = '', value = '']) => `${name.padEnd(9)} ${value}`).join('\n')

export const describeStart = (start: Start): string =>
  describeTable([
    ['Org', start.orgUrl],
    ...(start.account === undefined ? [] : [['Account', printable(start.account)]]),
    ['Mode', start.update ? `${start.mode}, and existing users are updated` : start.mode],
    ['Rows', describeRows(start)],
    ['Duration', describeDuration(start)],
    ['Journal', start.paths.journal],
    ['Rejects', start.paths.rejects],
  ])

/** For programs: the fields that docs/EVENTS.md lists. */
export const toStartEvent = (start: Start): object => {
  const { orgUrl, account, mode, update, rows, known, callsPerMinute, share, paths } = start
  const input = { orgUrl, account, mode, update, rows, known }
  return { event: 'start', ...input, callsPerMinute, share, seconds: secondsFor(start), ...paths }
}

/**
 * Asks once, on a terminal: a script cannot answer, and continues.
 * @returns the exit code, if the import must not start
 * @throws AppError `unconfirmed` where --no-input forbids the question, or `interrupted`
 */
export const confirmStart = async (
  host: CommandContext,
  options: ImportOptions,
  start: Start,
): Promise<1 | undefined> => {
  const { stderr } = host
  if (options.yes || options.json || start.isResumed) return undefined
  if (host.noInput) throw new AppError('unconfirmed', { detail: 'Confirm it with --yes.' })
  if (!canAsk(host) || stderr.isTTY !== true) return undefined
  if (options.quiet) stderr.write(`${describeStart(start)}\n`)
  const what = options.update ? 'Create or update' : 'Create'
  if (await askYes(`${what} these users? [y/N] `, host)) return undefined
  stderr.write('Nothing was sent.\n')
  return 1
}
