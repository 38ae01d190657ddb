/** Resets the people of a list one after the other, at a pace that the help desk can bear. */
import { sleep } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { resetPerson, type ResetDeps } from './reset-person.ts'
import type { ListedPerson, ResetOutcome } from './listed.ts'

const HOUR_MS = 3_600_000
/** Refusals in a row; the cause is then not the person. */
const MOST_REFUSALS = 5

export interface ResetRunOptions {
  readonly list: number
  readonly perHour: number | undefined
}

export interface ResetRunDeps extends ResetDeps {
  /** Called with each outcome, after it is in the journal. */
  readonly onEnd: (outcome: ResetOutcome) => void
  /** Called with the milliseconds until the next reset, before a wait. */
  readonly onPace: (ms: number) => void
}

/** By the journal, so that a run which starts again and again is no faster. */
const waitForTurn = async (
  { journal, clock, serverTime, halt, onPace }: ResetRunDeps,
  { perHour }: ResetRunOptions,
): Promise<void> => {
  const last = journal.lastSentAt()
  if (perHour === undefined || last === null) return
  const pause = HOUR_MS / perHour
  // Okta's clock can have been set back.
  const ms = Math.min(pause, last + pause - serverTime.now())
  if (ms <= 0) return
  onPace(ms)
  await sleep(clock, ms, halt)
}

const refuseAlike = () => {
  let refusals = 0
  return ({ state, reason }: ResetOutcome): void => {
    if (state === 'done') refusals = 0
    if (state !== 'failed' || ++refusals < MOST_REFUSALS) return
    // Okta's words may quote a person's data.
    throw new AppError('resets_refused', { detail: `The last: ${reason.split(':')[0] ?? ''}` })
  }
}

/**
 * @returns whether all of the list were processed
 * @throws AppError where the run must stop, or the reason of `halt`; the next run goes on
 */
export const runResets = async (deps: ResetRunDeps, options: ResetRunOptions): Promise<void> => {
  const { journal, serverTime, halt, onEnd } = deps
  const observe = refuseAlike()
  const next = (): ListedPerson | undefined => journal.next(options.list)
  for (let person = next(); person; person = next()) {
    halt.throwIfAborted()
    if (person.state === 'waiting') await waitForTurn(deps, options)
    const outcome = await resetPerson(deps, person)
    journal.end(person.number, outcome, serverTime.now())
    onEnd(outcome)
    observe(outcome)
  }
}
