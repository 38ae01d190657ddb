/** How far a cut-off is, and which hook it is about, as its journal says. */
import { AppError } from '../errors/errors.ts'
import type { InlineHook } from '../okta/api/inline-hooks.ts'
import type { JournalledHook, JournalledStep } from './journal.ts'
import { CUT_OFF_STEPS, FIRST, type CutOffPhase, type CutOffStep } from './steps.ts'

/** `register` changes the status of the hook, or its URL alone. */
const afterRegister = (phase: CutOffPhase, { status }: JournalledHook): CutOffPhase => {
  if (status !== 'ACTIVE') return phase === 'purged' ? phase : 'closed'
  return phase === 'closed' || phase === 'purged' ? 'reopened' : phase
}

const after = (phase: CutOffPhase, { step, state, hook }: JournalledStep): CutOffPhase => {
  // A plan that finds something takes back the plan before it.
  if (step === 'plan' && state === 'failed') return phase === 'planned' ? 'new' : phase
  if (state !== 'done') return phase
  if (step === 'register') return afterRegister(phase, hook)
  return CUT_OFF_STEPS[step].to ?? phase
}

export const phaseOf = (steps: readonly JournalledStep[]): CutOffPhase =>
  steps.reduce<CutOffPhase>(after, 'new')

/** The evidence of a purge that was killed: nobody knows whether its files are there. */
export const UNKNOWN_FILES = 'unknown'

const mayHaveFiles = ({ state, evidence }: JournalledStep): boolean =>
  state === 'open' || evidence === UNKNOWN_FILES

/** Whether a purge has written SQL, whose hashes may be gone by now. */
export const sqlOfPurges = (
  steps: readonly JournalledStep[],
): 'written' | 'unknown' | undefined => {
  const purges = steps.filter(({ step }) => step === 'purge')
  if (purges.some(({ state }) => state === 'done')) return 'written'
  return purges.some(mayHaveFiles) ? 'unknown' : undefined
}

/** The hook as the newest step left it; undefined before the first one. */
export const journalledHook = (steps: readonly JournalledStep[]): JournalledHook | undefined =>
  steps.findLast(({ state }) => state === 'done')?.hook

/** The step since which the hook is closed: the first that left it so after it was open last. */
export const closingStep = (steps: readonly JournalledStep[]): JournalledStep | undefined => {
  const done = steps.filter(({ state }) => state === 'done')
  return done[done.findLastIndex(({ hook }) => hook.status !== 'INACTIVE') + 1]
}

/**
 * Compared with Okta's times, so Okta's clock is the better one; but it says when the hook was changed last, which can be
 * long after the close. So the earlier of the two. With a later time a reset would not see who has signed in since the
 * close, and a watch not who was refused; with one that is too early, since our clock is behind, a reset leaves a few
 * more people alone, and a watch reads more.
 */
export const closedAtOf = (
  { lastUpdated }: InlineHook,
  closing: JournalledStep | undefined,
): number => {
  const known = [Date.parse(lastUpdated), closing?.endedAt ?? NaN].filter((ms) => !Number.isNaN(ms))
  return known.length === 0 ? 0 : Math.min(...known)
}

/** @throws AppError `cutoff_out_of_order` */
export const refuseStep = (step: CutOffStep, steps: readonly JournalledStep[]): void => {
  const phase = phaseOf(steps)
  const from: readonly CutOffPhase[] = CUT_OFF_STEPS[step].from
  if (from.includes(phase)) return
  throw new AppError('cutoff_out_of_order', { detail: `cutoff ${step}: ${FIRST[phase]}` })
}
