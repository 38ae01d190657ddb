/** Performs `reset`: finds the list of people, confirms it, and resets them one after the other. */
import { systemClock } from '../../../clock.ts'
import { closedAtOf, closingStep } from '../../../cutoff/phase.ts'
import { openLinksFile, type LinksFile } from '../../../cutoff/reset/links-file.ts'
import type { ResetList } from '../../../cutoff/reset/listed.ts'
import type { ResetRunDeps } from '../../../cutoff/reset/run.ts'
import { runResets } from '../../../cutoff/reset/run.ts'
import { createServerTime, type ServerTime } from '../../../import/run/server-time.ts'
import { listLinkLives, POLICY_SCOPES, shortestLife } from '../../../okta/api/password-policies.ts'
import { ifGranted, NotGranted } from '../../../okta/errors/rejection.ts'
import { describeSeconds } from '../../../text/duration.ts'
import { createDisplay } from '../../terminal/progress-display.ts'
import { runWithProgress } from '../../terminal/run-with-progress.ts'
import { closedHookFor, withCutOff, type CutOffDeps, type OpenedCutOff } from '../open.ts'
import { observedBy, USER_SCOPES } from './observed.ts'
import type { ResetOptions } from './options.ts'
import { findList, type Resetting } from './find-list.ts'
import {
  describeResetSummary,
  resetView,
  toResetObject,
  totalsOf,
  writeResetList,
  type ResetSnapshot,
} from './report.ts'

/** In minutes, of the links; undefined where nobody knows. */
const readLinkLife = async ({ client }: CutOffDeps): Promise<number | undefined> => {
  const lives = await ifGranted(() => listLinkLives(client.withScopes(POLICY_SCOPES)))
  return lives instanceof NotGranted ? undefined : shortestLife(lives)?.minutes
}

/** The people who are left open by the run before. */
const openLinks = async (
  { opened: { journal }, linkMinutes }: Resetting,
  { number, links }: ResetList,
  serverTime: ServerTime,
): Promise<LinksFile | undefined> => {
  if (links === null) return undefined
  const open = journal.resets.open(number)
  return openLinksFile(links, {
    isBegun: journal.resets.hasSent(number),
    asked: open ? [open.oktaId] : [],
    expiresAt: () =>
      linkMinutes === undefined ? undefined : serverTime.now() + linkMinutes * 60_000,
  })
}

const HALTED = 'halted'

/** @returns whether a signal came first */
const runList = async (
  { deps, opened, closedAt }: Resetting,
  list: ResetList,
  links: LinksFile | undefined,
  serverTime: ServerTime,
): Promise<boolean> => {
  const { client, clock, context, options } = deps
  const { resets } = opened.journal
  const halt = new AbortController()
  const request = observedBy(serverTime, client.withScopes(USER_SCOPES), halt.signal)
  const totals = totalsOf(resets.counts(list.number))
  const total = Object.values(totals).reduce((all, people) => all + people, 0)
  const counts: ResetSnapshot = { ...totals, total }
  let waiting: string | undefined
  const run: ResetRunDeps = {
    ...{ request, journal: resets, links, clock, serverTime, closedAt, halt: halt.signal },
    onReadOnly: (is) => (waiting = is ? 'waiting: the org is in read-only mode' : undefined),
    onPace: (ms) => (waiting = `waiting ${describeSeconds(ms / 1000)}: --per-hour`),
    onEnd: ({ state }) => {
      waiting = undefined
      ;(counts as Record<typeof state, number>)[state]++
    },
  }
  const start = () =>
    runResets(run, { list: list.number, perHour: options.perHour }).catch((err: unknown) => {
      if (err !== HALTED) throw err
    })
  const { isInterrupted } = await runWithProgress({
    host: context,
    run: { start, stop: () => halt.abort(HALTED) },
    display: createDisplay(context, options),
    view: () => resetView(counts, waiting, client.rateLimitStatus, systemClock.now()),
  })
  return isInterrupted
}

const reportEnd = ({ deps, opened: { journal } }: Resetting, list: ResetList): number => {
  const { options, clock, print } = deps
  const counts = journal.resets.counts(list.number)
  const { open, waiting, failed } = totalsOf(counts)
  if (open + waiting === 0) {
    journal.end(list.number, { state: 'done', evidence: 'answered' }, clock.epochMs())
  }
  writeResetList(journal.resets, list.number, options.list)
  const event = { event: 'summary', ...toResetObject(counts, options.list) }
  print(describeResetSummary(counts, options.list), event)
  return failed > 0 ? 1 : 0
}

const resetPeople = async (
  deps: CutOffDeps<ResetOptions>,
  opened: OpenedCutOff,
): Promise<number> => {
  const hook = closedHookFor('reset', opened)
  const closedAt = closedAtOf(hook, closingStep(opened.journal.steps()))
  const linkMinutes = await readLinkLife(deps)
  const resetting: Resetting = { deps, opened, hook, closedAt, linkMinutes }
  const list = await findList(resetting)
  if (!list) return 0
  const serverTime = createServerTime(deps.clock)
  const links = await openLinks(resetting, list, serverTime)
  try {
    const isInterrupted = await runList(resetting, list, links, serverTime)
    const code = reportEnd(resetting, list)
    return isInterrupted ? 130 : code
  } catch (err) {
    reportEnd(resetting, list)
    throw err
  } finally {
    links?.close()
  }
}

export const runReset = (deps: CutOffDeps<ResetOptions>): Promise<number> =>
  withCutOff(deps, (opened) => resetPeople(deps, opened))
