/** Performs `close` and `reopen`: deactivates the hook, and activates it again. */
import { changeHook } from '../../cutoff/hook-state.ts'
import type { CutOffJournal, JournalledHook, JournalledStep } from '../../cutoff/journal.ts'
import { toJournalled } from '../../cutoff/own-hook.ts'
import { closingStep, phaseOf, sqlOfPurges } from '../../cutoff/phase.ts'
import type { CutOffPhase } from '../../cutoff/steps.ts'
import { switching, type InlineHook } from '../../okta/api/inline-hooks.ts'
import { confirmAffected, requireStatus } from './affected.ts'
import {
  ACTIVE_ALREADY,
  describeClosed,
  describeClosedBefore,
  describeClosing,
  describePurged,
  describeReopened,
  describeReopening,
  DRY_RUN,
} from './messages.ts'
import { hookFor, withCutOff, type CutOffDeps, type OpenedCutOff } from './open.ts'
import type { CloseOptions } from './options.ts'
import type { ReopenOptions } from './reset/options.ts'
import { restoreHooks } from './reset/restore.ts'

interface Switch {
  readonly step: 'close' | 'reopen'
  readonly to: 'deactivate' | 'activate'
  readonly status: 'INACTIVE' | 'ACTIVE'
}

const CLOSE: Switch = { step: 'close', to: 'deactivate', status: 'INACTIVE' }
const REOPEN: Switch = { step: 'reopen', to: 'activate', status: 'ACTIVE' }

/** As the journal says. */
const CLOSED: readonly CutOffPhase[] = ['closed', 'purged']

const newest = (journal: CutOffJournal): JournalledStep | undefined =>
  journal.steps().findLast(({ state }) => state === 'done')

const wantedOf = (hook: InlineHook, { status }: Switch): JournalledHook => ({
  ...toJournalled(hook),
  status,
})

const send = async (
  { client, clock }: CutOffDeps,
  journal: CutOffJournal,
  hook: InlineHook,
  what: Switch,
  people?: number,
): Promise<void> => {
  const request = switching(hook.id, what.to)
  const change = { step: what.step, hook: wantedOf(hook, what), people, request }
  await changeHook({ client, journal, clock }, change)
}

/** Somebody has done it by other means: the journal says so, and nothing is sent. */
const record = ({ clock }: CutOffDeps, journal: CutOffJournal, hook: InlineHook, what: Switch) => {
  const number = journal.begin({ step: what.step, hook: wantedOf(hook, what) }, clock.epochMs())
  journal.end(number, { state: 'done', evidence: 'found' }, clock.epochMs())
}

const eventOf = (step: JournalledStep | undefined, isSent: boolean): object => ({
  event: step?.step ?? 'none',
  sent: isSent,
  at: step?.endedAt === undefined ? undefined : new Date(step.endedAt).toISOString(),
  people: step?.people,
  hook: step?.hook,
})

const isDone = ({ hooks }: OpenedCutOff, { status }: Switch): boolean =>
  hooks.every((hook) => hook.status === status)

const closeHook = async (deps: CutOffDeps<CloseOptions>, opened: OpenedCutOff): Promise<number> => {
  const { print, options, clock } = deps
  const { journal } = opened
  const hook = hookFor('close', opened)
  if (isDone(opened, CLOSE)) {
    if (phaseOf(journal.steps()) !== 'closed' && !options.dryRun) record(deps, journal, hook, CLOSE)
    const step = closingStep(journal.steps())
    if (step) print(describeClosedBefore(step), eventOf(step, false))
    return 0
  }
  const affected = await requireStatus(deps)
  const { org, count, now } = affected
  const event = { event: 'affected', org, people: count, now: now?.notMoved }
  print(describeClosing(hook, affected, clock.epochMs()), event)
  if (options.dryRun) {
    print(DRY_RUN, { event: 'dryRun' })
    return 0
  }
  await confirmAffected(deps, affected)
  await send(deps, journal, hook, CLOSE, count)
  const step = newest(journal)
  if (step) print(describeClosed(step), eventOf(step, true))
  return 0
}

const activateHook = async (
  deps: CutOffDeps,
  opened: OpenedCutOff,
  hook: InlineHook,
): Promise<void> => {
  const { print, options, org } = deps
  const { journal, wasOpen } = opened
  // A call to deactivate it, whose answer was lost, may still be on its way; activating it twice does no harm.
  if (isDone(opened, REOPEN) && !wasOpen) {
    if (CLOSED.includes(phaseOf(journal.steps())) && !options.dryRun)
      record(deps, journal, hook, REOPEN)
    print(ACTIVE_ALREADY, eventOf(newest(journal), false))
    return
  }
  print(describeReopening(hook, org), { event: 'reopening', org })
  if (options.dryRun) return
  await send(deps, journal, hook, REOPEN)
  const step = newest(journal)
  if (step) print(describeReopened(step, sqlOfPurges(journal.steps())), eventOf(step, true))
}

/** Nobody is asked: it locks nobody out, and it is the way back. */
const reopen = async (deps: CutOffDeps<ReopenOptions>, opened: OpenedCutOff): Promise<number> => {
  const { print, options } = deps
  const hook = hookFor('reopen', opened)
  const sql = sqlOfPurges(opened.journal.steps())
  if (sql) print(describePurged(sql), { event: 'purged', sql })
  await activateHook(deps, opened, hook)
  const code = await restoreHooks(deps, opened)
  if (options.dryRun) print(DRY_RUN, { event: 'dryRun' })
  return code
}

export const runClose = (deps: CutOffDeps<CloseOptions>): Promise<number> =>
  withCutOff(deps, (opened) => closeHook(deps, opened))

export const runReopen = (deps: CutOffDeps<ReopenOptions>): Promise<number> =>
  withCutOff(deps, (opened) => reopen(deps, opened))
