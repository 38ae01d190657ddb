/** Performs `watch`: follows the System Log after the hook was closed, and prints who is refused. */
import { existsSync } from 'node:fs'
import { openCampaignState } from '../../campaign/state/state-file.ts'
import { sleep } from '../../clock.ts'
import { toJournalled } from '../../cutoff/own-hook.ts'
import { closedAtOf, closingStep } from '../../cutoff/phase.ts'
import { WATCHED_EVENTS } from '../../cutoff/watch/events.ts'
import { createWatchTally, type WatchTally } from '../../cutoff/watch/tally.ts'
import { openWatched, type Watched } from '../../cutoff/watch/watched.ts'
import { AppError } from '../../errors/errors.ts'
import { findHooks } from '../../okta/api/inline-hooks.ts'
import { followLog, LOG_SCOPES, type LogStart } from '../../okta/api/system-log.ts'
import { readSince } from '../decisions/since.ts'
import { hookFor, withCutOff, type CutOffDeps } from './open.ts'
import type { WatchOptions } from './options.ts'
import { createWatchPrinter, type WatchPrinter } from './watch-report.ts'

const POLL_MS = 60_000

/** Whether the log may answer a minute later. */
const isPassing = (err: unknown): err is AppError =>
  err instanceof AppError && (err.code === 'okta_unreachable' || err.code === 'okta_rate_limited')

interface Closed {
  readonly hookId: string
  /** Milliseconds since 1970. */
  readonly closedAt: number
}

interface Watching {
  readonly deps: CutOffDeps<WatchOptions>
  readonly tally: WatchTally
  readonly printer: WatchPrinter
  readonly signal: AbortSignal
}

/** @returns where to go on */
const readNew = async (
  { deps: { client, context }, tally, signal }: Watching,
  from: LogStart,
): Promise<LogStart> => {
  let place = from
  const log = client.withScopes(LOG_SCOPES)
  try {
    const query = { eventTypes: WATCHED_EVENTS, signal }
    // A page can be short although there is more: the last minute would be missing from what is printed.
    for await (const { events, next } of followLog(log, query, from, { untilEmpty: true })) {
      for (const event of events) tally.add(event)
      place = { next }
    }
  } catch (err) {
    if (signal.aborted) return place
    if (!isPassing(err)) throw err
    context.stderr.write(`okta-migrate: ${err.message} It is tried again in a minute.\n`)
  }
  return place
}

const follow = async (watching: Watching, since: number): Promise<void> => {
  const { deps, tally, printer, signal } = watching
  const { clock, options } = deps
  let from: LogStart = { since }
  for (;;) {
    from = await readNew(watching, from)
    printer.intervals(tally.over(clock.epochMs()))
    if (options.once || signal.aborted) return
    await sleep(clock, POLL_MS, signal).catch(() => undefined)
  }
}

/** What was before the close is no news. */
const sinceOf = (
  { options: { since }, clock }: CutOffDeps<WatchOptions>,
  { closedAt }: Closed,
): number => (since === undefined ? closedAt : readSince(since, clock.epochMs()))

const noPeople = (why: string): AppError =>
  new AppError('status_unusable', { detail: `${why}: nobody knows who has not moved.` })

const openPeople = ({
  options: { state: path },
  okta: { orgUrl },
}: CutOffDeps<WatchOptions>): Watched => {
  if (!existsSync(path)) throw noPeople(`There is no ${path}`)
  const state = openCampaignState(path)
  try {
    const of = state.origin()?.org
    if (of === undefined) throw noPeople(`${path} has nobody whom this version has counted`)
    if (of !== orgUrl) throw noPeople(`${path} is of ${of}, and OKTA_ORG_URL is ${orgUrl}`)
    return openWatched(state)
  } finally {
    state.close()
  }
}

/** The journal is free again while the log is watched, so that `reopen` can run. */
const beginInJournal = (deps: CutOffDeps<WatchOptions>): Promise<Closed> =>
  withCutOff(deps, (opened) => {
    const { journal } = opened
    const hook = hookFor('watch', opened)
    const closedAt = closedAtOf(hook, closingStep(journal.steps()))
    const number = journal.begin({ step: 'watch', hook: toJournalled(hook) }, deps.clock.epochMs())
    journal.end(number, { state: 'done', evidence: 'begun' }, deps.clock.epochMs())
    return Promise.resolve({ hookId: hook.id, closedAt })
  })

/**
 * A reset has the journal for as long as it runs, and nothing else can read it then. A watch changes nothing, so it takes
 * what it needs from Okta: the only hook, where it is inactive, and when that was changed last.
 */
const beginBeside = async (
  { client, context, options }: CutOffDeps<WatchOptions>,
  locked: AppError,
): Promise<Closed> => {
  const [hook, second] = await findHooks(client)
  if (hook?.status !== 'INACTIVE' || second) throw locked
  context.stderr.write(
    `okta-migrate: Another process uses ${options.journal}, such as a reset. The watch begins when the hook was changed last, by Okta, and is not recorded; --since names another time.\n`,
  )
  return { hookId: hook.id, closedAt: closedAtOf(hook, undefined) }
}

const begin = (deps: CutOffDeps<WatchOptions>): Promise<Closed> =>
  beginInJournal(deps).catch((err: unknown) => {
    if (err instanceof AppError && err.code === 'journal_locked') return beginBeside(deps, err)
    throw err
  })

/** What was counted is printed however it ends. */
const watchAndSum = async (watching: Watching, since: number, watched: Watched): Promise<void> => {
  const { tally, printer } = watching
  try {
    await follow(watching, since)
  } finally {
    printer.intervals(tally.rest())
    printer.totals(tally.totals, watched.totals())
  }
}

export const runWatch = async (deps: CutOffDeps<WatchOptions>): Promise<number> => {
  const { options, context } = deps
  const closed = await begin(deps)
  const watched = openPeople(deps)
  const stop = new AbortController()
  context.onSignal(() => stop.abort())
  try {
    const since = sinceOf(deps, closed)
    const tally = createWatchTally(watched, { hookId: closed.hookId, since })
    const printer = createWatchPrinter(context, options)
    printer.head(deps.org, since)
    await watchAndSum({ deps, tally, printer, signal: stop.signal }, since, watched)
    return 0
  } finally {
    watched.close()
  }
}
