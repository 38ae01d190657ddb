/** Measures how long one check takes, in the threads that will do the work, and counts the hashes that cost too much. */
import type { Clock } from '../clock.ts'
import { blankBcrypt } from '../passwords/families/bcrypt.ts'
import type { Kind, Plan } from '../passwords/family.ts'
import { inspect, type HashSettings } from '../passwords/registry.ts'
import type { PasswordChecker } from './checker.ts'
import { SLOWER } from './schedule.ts'

/** Long enough not to be noise. */
export const BCRYPT_TRIAL: Plan = blankBcrypt(10)

/** Other programs can only slow a trial down: the fastest counts. */
const TRIALS = 8

/** Milliseconds of trials after which no more are started: other programs do not make a check that slow. */
const TRIALS_MS = 3_000

const TRIAL_DEADLINE_MS = 60_000

/** How long a check takes that runs alone, for the kinds of one name. */
export interface Speed {
  /** @returns milliseconds */
  at(cost: number): number
  /** Whether the schedule would admit a check when no other one waits. */
  isWithin(deadlineMs: number, cost: number): boolean
}

const createSpeed = (trial: Kind, trialMs: number): Speed => {
  const at = (cost: number): number => trialMs * 2 ** (cost - trial.cost)
  return { at, isWithin: (deadlineMs, cost) => SLOWER * at(cost) <= deadlineMs }
}

/**
 * Repeats the trial until `isEnough` accepts the speed, within limits.
 * @param expectedMs of the trial, where the speed that follows from it may do without one
 */
export const measureSpeed = async (
  { plan, checker, clock }: { plan: Plan; checker: PasswordChecker; clock: Clock },
  isEnough: (speed: Speed) => boolean,
  expectedMs = Infinity,
): Promise<Speed> => {
  let [best, spent] = [expectedMs, 0]
  const speed = (): Speed => createSpeed(plan.kind, best)
  for (let i = 0; i < TRIALS && spent < TRIALS_MS && !isEnough(speed()); i++) {
    const { runMs } = await checker.check(plan, 'a trial', clock.now() + TRIAL_DEADLINE_MS)
    best = Math.min(best, runMs)
    spent += runMs
  }
  return speed()
}

/** How many of these encoded hashes have a bcrypt cost above this one. */
export const countAbove = (
  hashes: readonly string[],
  settings: HashSettings,
  cost: number,
): number =>
  hashes.filter((encoded) => {
    const found = inspect(encoded, { ...settings, bcryptCost: Infinity })
    return !('flaw' in found) && found.kind.name === 'bcrypt' && found.kind.cost > cost
  }).length
