/** The course of an import: rehearsed, or performed to its end or to a signal, and then summed up. */
import { systemClock } from '../../clock.ts'
import { createCircuitBreaker, NO_CIRCUIT_BREAKER } from '../../import/run/circuit-breaker.ts'
import { existing } from '../../import/run/duplicate.ts'
import { writeExisting } from '../../import/report/existing.ts'
import { countExisting, type StatusCounts } from '../../import/report/existing-count.ts'
import { openJournal, type RowOutcome } from '../../import/journal/journal.ts'
import type { Prepare, Sendable } from '../../import/rows/prepare.ts'
import { createProgress, describeDryCounts } from '../../import/report/progress.ts'
import { createReasons } from '../../import/report/reasons.ts'
import type { Rejects } from '../../import/report/rejects.ts'
import { createRun, type Run, type RunEnd, type RunDeps } from '../../import/run/run.ts'
import { createServerTime } from '../../import/run/server-time.ts'
import { createUserCreator } from '../../import/run/create-user.ts'
import type { Source } from '../../import/sources/source.ts'
import type { Tidy } from '../../import/rows/tidy.ts'
import { changesOf } from '../../import/run/update-user.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { readRateLimit } from '../../okta/rate-limit/headers.ts'
import { createKnownUsers } from '../../okta/api/known-users.ts'
import type { CommandContext } from '../context.ts'
import { closeRejects, openKnown, openOwnJournal, placeAfterFailure } from './journal-files.ts'
import { findGroupIds, openGroups, withGroups, type Look } from './find-groups.ts'
import { settingsOf, type ImportOptions, type Paths } from './options.ts'
import { createPrinter } from './request-printer.ts'
import { mayGoOn, startFacts } from './start-report.ts'
import { summarise, type Summary } from './summary-report.ts'
import { importView, type ImportReporter } from './reporter.ts'
import { runWithProgress } from '../terminal/run-with-progress.ts'
import { withWaitProgress } from '../terminal/wait-progress.ts'

/** A crash leaves at most this many rows to be asked about; fewer would be bound by the disk. */
const WINDOW = { min: 10, max: 64 }

/** What a run and a dry run have in common. */
export interface Shared {
  /** As it was named. */
  readonly file: string | undefined
  readonly host: CommandContext
  readonly options: ImportOptions
  readonly source: Source
  readonly prepare: Prepare
  readonly tidy: Tidy
  readonly rejects: Rejects
  readonly paths: Paths
  readonly teller: ImportReporter
}

const finish = async (
  { host, options, teller }: Shared,
  run: Run,
  client: OktaClient | undefined,
): Promise<{ end: RunEnd; isInterrupted: boolean }> => {
  const look = createProgress({
    snapshot: run.snapshot,
    pace: () => client?.rateLimitStatus,
    clock: systemClock,
  })
  const words = options.dryRun ? describeDryCounts : undefined
  const { display } = teller
  const shown = { host, run, display, view: () => importView(look(), words) }
  const { end = 'stopped', isInterrupted } = await runWithProgress(shown)
  return { end, isInterrupted }
}

/** How many users were changed in each attribute. */
const countChanges = (settle: RunDeps['settle']) => {
  const counts: Record<string, number> = {}
  const counted: RunDeps['settle'] = async (...row) => {
    const outcome = await settle(...row)
    const names = outcome.state === 'updated' ? (outcome.changed ?? '') : ''
    for (const name of names.split(', ')) if (name !== '') counts[name] = (counts[name] ?? 0) + 1
    return outcome
  }
  return { counts, settle: counted }
}

/** Counts the rejects by reason, beside writing them. */
const countReasons = ({ rejects }: Shared) => {
  const reasons = createReasons()
  const write: Rejects['write'] = (row, report) => {
    rejects.write(row, report)
    reasons.add(row.line, report)
  }
  return { reasons, write }
}

/** Runs to the end, tells how it went, and gives the exit code. */
const conclude = async (
  shared: Shared,
  parts: Pick<RunDeps, 'journal' | 'settle' | 'brake' | 'serverTime' | 'window' | 'halt'>,
  client?: OktaClient,
): Promise<number> => {
  const { host, source, prepare, options, teller } = shared
  const { journal } = parts
  const limit = options.limit ?? Infinity
  const known = journal.last
  const { reasons, write } = countReasons(shared)
  const { counts: changes, settle } = countChanges(parts.settle)
  const run = createRun({ source, prepare, limit, ...parts, rejects: { write }, settle })
  let written: StatusCounts | undefined
  const keep = (): void => {
    if (!options.dryRun) written = writeExisting(shared.paths.existingFile, journal)
  }
  // A run that has not seen again what the journal knows has too few rows to replace those of the run before.
  const place = (end: RunEnd): Paths => {
    const isComplete = end !== 'stopped' || (!options.dryRun && run.snapshot().last >= known)
    return closeRejects(shared, journal, isComplete)
  }
  const startedAt = systemClock.now()
  const summary = (end: RunEnd, paths: Paths): Summary => {
    const seconds = (systemClock.now() - startedAt) / 1000
    const existing = written ?? countExisting(journal)
    return summarise(
      { ...shared, paths },
      { counts: run.snapshot(), end, seconds, reasons: reasons.list(), existing, changes },
    )
  }
  // Its reader has had enough, as `head` has.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', run.stop)
  try {
    const { end, isInterrupted } = await finish(shared, run, client).finally(keep)
    journal.flush()
    shared.tidy.describe().forEach(teller.say)
    teller.summary(summary(end, place(end)))
    if (isInterrupted) return 130
    const { rejected, failed, last } = run.snapshot()
    const isEmpty = end === 'finished' && last === 0 && !options.allowEmpty
    if (isEmpty) teller.say('The input has no rows. If that may be, add --allow-empty.')
    return rejected + failed > 0 || end === 'stopped' || isEmpty ? 1 : 0
  } catch (err) {
    teller.summary(
      summary(
        'stopped',
        placeAfterFailure(() => place('stopped'), shared.paths),
      ),
    )
    throw err
  } finally {
    journal.close()
  }
}

/**
 * Checks every row as a run would, and shows what it would send.
 * @param client asks about groups, and with `--update` who is there already and in what they differ
 */
export const rehearse = async (
  shared: Shared,
  look: Look,
  client: OktaClient | undefined,
): Promise<number> => {
  const { host, options, teller } = shared
  const print = createPrinter(host, options)
  const halt = new AbortController()
  if (client) {
    await openGroups(client, halt.signal, teller.say).checkAll(await findGroupIds(look))
  }
  const users =
    options.update &&
    client &&
    createKnownUsers((what) => client.request({ ...what, signal: halt.signal }))

  const show = async (sendable: Sendable, line: number): Promise<RowOutcome> => {
    const user = await users?.find(sendable.login)
    if (!user) {
      await print.request(sendable.request)
      return { state: 'created' }
    }
    const changes = changesOf(sendable, user)
    const changed = Object.keys(changes).join(', ')
    if (changed === '') return existing(user)
    await print.difference({ line, user, changes })
    return { ...existing(user), state: 'updated', changed }
  }
  return conclude(
    shared,
    {
      journal: openJournal('', {}),
      settle: (sendable, { line }) => show(sendable, line),
      brake: NO_CIRCUIT_BREAKER,
      serverTime: { now: () => 0 },
      window: WINDOW.max,
      halt,
    },
    client,
  )
}

/** Creates the users, and with `--update` changes those who are there. */
export const perform = async (shared: Shared, look: Look, client: OktaClient): Promise<number> => {
  const { host, options, paths, teller } = shared
  const serverTime = createServerTime(systemClock)
  const halt = new AbortController()
  // Shows before anything is written down that Okta answers, and what time it is there.
  const first = { method: 'GET', path: '/api/v1/users?limit=1' } as const
  const { headers } = await withWaitProgress(client, teller).request(first)
  serverTime.observe(headers)
  const groups = openGroups(client, halt.signal, teller.say)
  await groups.checkAll(await findGroupIds(look))
  const account = (await createKnownUsers((request) => client.request(request)).whoAmI())?.login
  const { orgUrl } = client
  const settings = settingsOf(orgUrl, options)
  const updates = options.update ? (options.limit ?? Infinity) : 0
  const known = openKnown(paths.journal, settings, updates)
  const start = startFacts(shared, {
    orgUrl,
    account,
    known: known?.last ?? 0,
    isBegun: known !== undefined && known.last > 0 && (!options.update || known.hasCompared),
    callsPerMinute: readRateLimit(headers)?.limit,
  })
  teller.start(start)
  const refused = await mayGoOn(host, options, start)
  if (refused !== undefined) {
    known?.close()
    return refused
  }
  const { signal } = halt
  const journal = known ?? openOwnJournal(paths.journal, settings, updates)
  const intend = options.update && journal.intend
  const settler = createUserCreator({
    client,
    serverTime,
    clock: systemClock,
    halt: signal,
    intend,
  })
  const settle = withGroups(groups, settler.settle)
  const window = Math.min(WINDOW.max, Math.max(WINDOW.min, client.rateLimitStatus.concurrency))
  const brake = options.keepGoing ? NO_CIRCUIT_BREAKER : createCircuitBreaker()
  return conclude(shared, { journal, settle, brake, serverTime, window, halt }, client)
}
