/** What a password check takes on this machine, measured by the threads that will do the work. */
import type { Clock } from '../clock.ts'
import { dummyHash } from '../passwords/dummy-hash.ts'
import type { PasswordChecker } from './pool.ts'
import { SLOWER } from './schedule.ts'

/** Long enough not to be noise, and each step above it doubles the time. */
const TRIAL_COST = 10

/** Other programs may take the cores while it is measured, and never make it faster: the best counts. */
const TRIALS = 8

/** Milliseconds of trials after which no more are begun: what is that slow is not made so by neighbours. */
const TRIALS_MS = 3_000

const TRIAL_DEADLINE_MS = 60_000

/** What one check alone takes. */
export class Speed {
  readonly #trialMs: number

  constructor(trialMs: number) {
    this.#trialMs = trialMs
  }

  /** @returns milliseconds */
  at(cost: number): number {
    return this.#trialMs * 2 ** (cost - TRIAL_COST)
  }

  /** Whether the schedule would admit a check that nobody else is before. */
  isWithin(deadlineMs: number, cost: number): boolean {
    return SLOWER * this.at(cost) <= deadlineMs
  }
}

/** Tries again while `isEnough` says that it was too slow. */
export const measureSpeed = async (
  checker: PasswordChecker,
  clock: Clock,
  isEnough: (speed: Speed) => boolean,
): Promise<Speed> => {
  let [best, spent] = [Infinity, 0]
  for (let i = 0; i < TRIALS && spent < TRIALS_MS && !isEnough(new Speed(best)); i++) {
    const deadline = clock.now() + TRIAL_DEADLINE_MS
    const { runMs } = await checker.check(dummyHash(TRIAL_COST), 'a trial', deadline)
    best = Math.min(best, runMs)
    spent += runMs
  }
  return new Speed(best)
}
