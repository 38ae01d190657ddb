/** Which bcrypt costs the server checks, and which of them this machine can answer in time. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { countAbove } from '../hook/sample.ts'
import type { PasswordChecker } from '../workers/pool.ts'
import type { ServeConfig } from './serve-config.ts'

/** Where nothing is set. */
export const DEFAULT_COST = 14

const LEAST_COST = 10

/** The cost that is measured: long enough not to be noise, and each step above it doubles the time. */
const TRIAL_COST = 10

/** No password is known to match it. */
const TRIAL = `$2b$${TRIAL_COST}$ThisIsNoSaltOfAnyones.ThisHashBelongsToNobodyAtAll...`

/** Other programs may take the cores while it is measured, and never make it faster: the best counts. */
const TRIALS = 8

/** Milliseconds of trials after which no more are begun: what is that slow is not made so by neighbours. */
const TRIALS_MS = 3_000

/** As the schedule reckons when it admits a check (`workers/schedule.ts`). */
const SLOWER = 1.2

const TRIAL_DEADLINE_MS = 60_000

/** Milliseconds that one check alone takes; it is tried again while `isEnough` says that it was too slow. */
const measure = async (
  checker: PasswordChecker,
  clock: Clock,
  isEnough: (ms: number) => boolean,
): Promise<number> => {
  let [best, spent] = [Infinity, 0]
  for (let i = 0; i < TRIALS && spent < TRIALS_MS && !isEnough(best); i++) {
    const { runMs } = await checker.check(TRIAL, 'a trial', clock.now() + TRIAL_DEADLINE_MS)
    best = Math.min(best, runMs)
    spent += runMs
  }
  return best
}

type Settings = Pick<ServeConfig, 'BCRYPT_MAX_COST' | 'HOOK_DEADLINE_MS'>

/**
 * The highest cost whose check ends in time here, measured with the threads that will do the work. Where nothing is
 * set, hashes above it are still checked when the machine has become quicker, and answered 503 until then: a busy
 * start must not make the right password of anybody a wrong one.
 * @throws AppError `config_invalid` for a BCRYPT_MAX_COST whose check cannot end before the deadline here
 */
export const costInTime = async (
  { BCRYPT_MAX_COST: asked, HOOK_DEADLINE_MS: deadlineMs }: Settings,
  checker: PasswordChecker,
  clock: Clock,
  log: { warn(fields: object, message: string): void },
): Promise<number> => {
  const wanted = asked ?? DEFAULT_COST
  const msAt = (cost: number, ms: number): number => ms * 2 ** (cost - TRIAL_COST)
  const isInTime = (cost: number, ms: number): boolean => SLOWER * msAt(cost, ms) <= deadlineMs
  const ms = await measure(checker, clock, (best) => isInTime(wanted, best))
  if (isInTime(wanted, ms)) return wanted
  const took = `a check of cost ${wanted} takes ${Math.round(msAt(wanted, ms))} ms on this machine`
  if (asked !== undefined) {
    const problem = `cannot be answered in time: ${took}, and HOOK_DEADLINE_MS is ${deadlineMs}`
    const fix = 'Lower it, or use faster cores.'
    throw new AppError('config_invalid', { detail: `  BCRYPT_MAX_COST ${problem}.\n    ${fix}` })
  }
  let cost = wanted
  while (cost > LEAST_COST && !isInTime(cost, ms)) cost--
  const isSlow = !isInTime(cost, ms)
  log.warn(
    { cost, checkMs: Math.round(msAt(cost, ms)), deadlineMs },
    isSlow
      ? 'THIS MACHINE IS TOO SLOW for bcrypt hashes of cost 10: calls for such accounts are answered 503'
      : `calls for hashes above this bcrypt cost are answered 503: ${took}. Use faster cores`,
  )
  return cost
}

/** Says how many of the sampled accounts cost too much; nothing where there is no sample. */
export const tellAbove = (
  hashes: readonly string[],
  cost: number,
  log: { warn(message: string): void },
): void => {
  const above = countAbove(hashes, { bcryptCost: cost })
  if (above === 0) return
  const what = `${above} of ${hashes.length} sampled accounts have a bcrypt cost above ${cost}`
  log.warn(`${what}: these people cannot sign in through the hook`)
}
