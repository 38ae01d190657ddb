/** Performs an import, or a dry run of one, until its end or a signal, and reports the summary. */
import { systemClock } from '../../clock.ts'
import { createCircuitBreaker, NO_CIRCUIT_BREAKER } from '../../import/run/circuit-breaker.ts'
import { asExisting } from '../../import/run/duplicate.ts'
import { countExisting, writeExisting, type StatusCounts } from '../../import/report/existing.ts'
import { openJournal } from '../../import/journal/journal.ts'
import type { Prepare } from '../../import/rows/prepare.ts'
import { createProgress, describeDryCounts } from '../../import/report/progress.ts'
import { createReasons } from '../../import/report/reasons.ts'
import type { Rejects } from '../../import/report/rejects.ts'
import { createRun, type Run, type RunEnd, type RunDeps } from '../../import/run/run.ts'
import { createServerTime } from '../../import/run/server-time.ts'
import { createUserCreator } from '../../import/run/create-user.ts'
import type { Source } from '../../import/sources/source.ts'
import type { Tidy } from '../../import/rows/tidy.ts'
import { changesOf } from '../../import/run/update-user.ts'
import type { OktaClient, RateLimitStatus } from '../../okta/client/client.ts'
import { readRateLimit } from '../../okta/rate-limit/headers.ts'
import { createKnownUsers } from '../../okta/api/known-users.ts'
import type { CommandContext } from '../context.ts'
import { closeRejects, openIfThere, openOwnJournal, pathsAfterFailure } from './journal-files.ts'
import { findGroupIds, openGroups, withGroups, type GroupSearch } from './find-groups.ts'
import { settingsOf, type ImportOptions, type Paths } from './options.ts'
import { createPrinter } from './request-printer.ts'
import { confirmStart, toStart } from './start-report.ts'
import { summarise, type Summary } from './summary-report.ts'
import { importView, type ImportReporter } from './reporter.ts'
import { runWithProgress } from '../terminal/run-with-progress.ts'
import { withWaitProgress } from '../terminal/wait-progress.ts'

/** A crash leaves at most this many rows to ask Okta about. With fewer, the disk would limit the speed. */
const MAX_IN_FLIGHT = 64

export interface ImportDeps {
  /** As given on the command line. */
  readonly file: string | undefined
  readonly host: CommandContext
  readonly options: ImportOptions
  readonly source: Source
  readonly prepare: Prepare
  readonly tidy: Tidy
  readonly rejects: Rejects
  readonly paths: Paths
  readonly reporter: ImportReporter
  readonly groups: GroupSearch
}

const showUntilEnd = async (
  { host, options, reporter }: ImportDeps,
  run: Run,
  client: OktaClient | undefined,
): Promise<{ end: RunEnd; isInterrupted: boolean }> => {
  const { snapshot } = run
  const pace = (): RateLimitStatus | undefined => client?.rateLimitStatus
  const readProgress = createProgress({ snapshot, pace, clock: systemClock })
  const describe = options.dryRun ? describeDryCounts : undefined
  const { display } = reporter
  const shown = { host, run, display, view: () => importView(readProgress(), describe) }
  const { end = 'stopped', isInterrupted } = await runWithProgress(shown)
  return { end, isInterrupted }
}

/** How many users were changed in each attribute. */
const countChanges = (sendRow: RunDeps['sendRow']) => {
  const counts: Record<string, number> = {}
  const counted: RunDeps['sendRow'] = async (...row) => {
    const outcome = await sendRow(...row)
    const names = outcome.state === 'updated' ? (outcome.changed ?? '') : ''
    for (const name of names.split(', ')) if (name !== '') counts[name] = (counts[name] ?? 0) + 1
    return outcome
  }
  return { counts, sendRow: counted }
}

/** @returns the exit code */
const runAndReport = async (
  deps: ImportDeps,
  parts: Omit<RunDeps, 'source' | 'prepare' | 'rejects' | 'limit'>,
  client?: OktaClient,
): Promise<number> => {
  const { host, source, prepare, options, reporter } = deps
  const { journal } = parts
  const limit = options.limit ?? Infinity
  const known = journal.last
  const reasons = createReasons()
  const write: Rejects['write'] = (row, report) => {
    deps.rejects.write(row, report)
    reasons.add(row.line, report)
  }
  const { counts: changes, sendRow } = countChanges(parts.sendRow)
  const run = createRun({ source, prepare, limit, ...parts, rejects: { write }, sendRow })
  let written: StatusCounts | undefined
  const writeExistingFile = (): void => {
    if (!options.dryRun) written = writeExisting(deps.paths.existingFile, journal)
  }
  // A run that stopped before it had read all rows of the journal again has too few rejects to replace the file.
  const closeFile = (end: RunEnd): Paths => {
    const isComplete = end !== 'stopped' || (!options.dryRun && run.snapshot().lastRow >= known)
    return closeRejects(deps, journal, isComplete)
  }
  const startedAt = systemClock.now()
  const summary = (end: RunEnd, paths: Paths): Summary => {
    const seconds = (systemClock.now() - startedAt) / 1000
    const existing = written ?? countExisting(journal)
    const results = { counts: run.snapshot(), end, seconds, reasons: reasons.list() }
    return summarise({ ...deps, paths }, { ...results, existing, changes })
  }
  // A reader such as `head` closes its end of the pipe when it has enough.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', run.stop)
  try {
    const { end, isInterrupted } = await showUntilEnd(deps, run, client).finally(writeExistingFile)
    journal.flush()
    deps.tidy.describe().forEach(reporter.notify)
    reporter.summary(summary(end, closeFile(end)))
    if (isInterrupted) return 130
    const { rejected, failed, lastRow } = run.snapshot()
    const isEmpty = end === 'finished' && lastRow === 0 && !options.allowEmpty
    if (isEmpty) reporter.notify('The input has no rows. If that is expected, add --allow-empty.')
    return rejected + failed > 0 || end === 'stopped' || isEmpty ? 1 : 0
  } catch (err) {
    const paths = pathsAfterFailure(() => closeFile('stopped'), deps.paths)
    reporter.summary(summary('stopped', paths))
    throw err
  } finally {
    journal.close()
  }
}

/**
 * Checks every row as an import would, and shows what it would send.
 * @param client asks about groups, and with `--update` about existing users and their differences
 */
export const performDryRun = async (deps: ImportDeps, client?: OktaClient): Promise<number> => {
  const { host, options, reporter } = deps
  const print = createPrinter(host, options)
  const halt = new AbortController()
  const { signal } = halt
  if (client) {
    await openGroups(client, signal, reporter.notify).checkAll(await findGroupIds(deps.groups))
  }
  const asking = options.update && client
  const users = asking && createKnownUsers((what) => asking.request({ ...what, signal }))

  const sendRow: RunDeps['sendRow'] = async (sendable, { line }) => {
    const user = await users?.find(sendable.login)
    if (!user) {
      await print.request(sendable.request)
      return { state: 'created' }
    }
    const changes = changesOf(sendable, user)
    const changed = Object.keys(changes).join(', ')
    if (changed === '') return asExisting(user)
    await print.difference({ line, user, changes })
    return { ...asExisting(user), state: 'updated', changed }
  }
  const journal = openJournal('', {})
  const circuitBreaker = NO_CIRCUIT_BREAKER
  const serverTime = { now: () => 0 }
  const parts = { journal, sendRow, circuitBreaker, serverTime, maxInFlight: MAX_IN_FLIGHT, halt }
  return runAndReport(deps, parts, client)
}

/** Creates the users, and with `--update` changes existing ones. */
export const perform = async (deps: ImportDeps, client: OktaClient): Promise<number> => {
  const { host, options, paths, reporter } = deps
  const serverTime = createServerTime(systemClock)
  const halt = new AbortController()
  const { signal } = halt
  // Before anything is recorded: shows that Okta answers, and gives its time.
  const first = { method: 'GET', path: '/api/v1/users?limit=1' } as const
  const { headers } = await withWaitProgress(client, reporter).request(first)
  serverTime.observe(headers)
  const groups = openGroups(client, signal, reporter.notify)
  await groups.checkAll(await findGroupIds(deps.groups))
  const account = (await createKnownUsers((request) => client.request(request)).whoAmI())?.login
  const { orgUrl } = client
  const settings = settingsOf(orgUrl, options)
  const updates = options.update ? (options.limit ?? Infinity) : 0
  const known = openIfThere(paths.journal, settings, updates)
  const start = toStart(deps, {
    orgUrl,
    account,
    known: known?.last ?? 0,
    isResumed: known !== undefined && known.last > 0 && (!options.update || known.hasCompared),
    callsPerMinute: readRateLimit(headers)?.limit,
  })
  reporter.start(start)
  const refused = await confirmStart(host, options, start)
  if (refused !== undefined) {
    known?.close()
    return refused
  }
  const journal = known ?? openOwnJournal(paths.journal, settings, updates)
  const recordIntent = options.update && journal.recordIntent
  const creation = { client, serverTime, clock: systemClock, halt: signal, recordIntent }
  const sendRow = withGroups(groups, createUserCreator(creation).createOnce)
  const circuitBreaker = options.keepGoing ? NO_CIRCUIT_BREAKER : createCircuitBreaker()
  const parts = { journal, sendRow, circuitBreaker, serverTime, maxInFlight: MAX_IN_FLIGHT, halt }
  return runAndReport(deps, parts, client)
}
