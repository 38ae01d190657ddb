/** Finds the highest bcrypt cost that this machine can check in time, and warns about accounts above it. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import type { PasswordChecker } from '../../workers/checker.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { DEFAULT_HASHES, type HashSettings } from '../../passwords/registry.ts'
import { BCRYPT_TRIAL, countAbove, measureSpeed } from '../../workers/speed.ts'
import type { ServerSettings } from './settings.ts'

const LEAST_COST = 10

/**
 * The highest cost whose check ends in time on this machine, measured in the threads that will do the work. If
 * BCRYPT_MAX_COST is not set, hashes above that cost are answered 503, but checked once the machine is faster: a
 * busy start must not turn anyone's right password into a wrong one.
 * @throws AppError `config_invalid` for a BCRYPT_MAX_COST whose check cannot end before the deadline
 */
export const costInTime = async (
  { maxBcryptCost: requested, deadlineMs }: Pick<ServerSettings, 'maxBcryptCost' | 'deadlineMs'>,
  checker: PasswordChecker & Pick<WorkerPool, 'expectedMs'>,
  clock: Clock,
  log: { warn(fields: object, message: string): void },
): Promise<number> => {
  const wanted = requested ?? DEFAULT_HASHES.bcryptCost
  const speed = await measureSpeed(
    { plan: BCRYPT_TRIAL, checker, clock },
    (soFar) => soFar.isWithin(deadlineMs, wanted),
    checker.expectedMs(BCRYPT_TRIAL.kind),
  )
  if (speed.isWithin(deadlineMs, wanted)) return wanted
  const took = `a check of cost ${wanted} takes ${Math.round(speed.at(wanted))} ms on this machine`
  if (requested !== undefined) {
    const problem = `cannot be answered in time: ${took}, and HOOK_DEADLINE_MS is ${deadlineMs}`
    const fix = 'Lower it, or use faster cores.'
    throw new AppError('config_invalid', { detail: `  BCRYPT_MAX_COST ${problem}.\n    ${fix}` })
  }
  let cost = wanted
  while (cost > LEAST_COST && !speed.isWithin(deadlineMs, cost)) cost--
  const isSlow = !speed.isWithin(deadlineMs, cost)
  log.warn(
    { cost, checkMs: Math.round(speed.at(cost)), deadlineMs },
    isSlow
      ? 'THIS MACHINE IS TOO SLOW for bcrypt hashes of cost 10: calls for such accounts are answered 503'
      : `calls for hashes above this bcrypt cost are answered 503: ${took}. Use faster cores`,
  )
  return cost
}

/** Warns how many of the sampled accounts cost too much, if any. */
export const warnAbove = (
  hashes: readonly string[],
  settings: HashSettings,
  cost: number,
  log: { warn(message: string): void },
): void => {
  const above = countAbove(hashes, settings, cost)
  if (above === 0) return
  const what = `${above} of ${hashes.length} sampled accounts have a bcrypt cost above ${cost}`
  log.warn(`${what}: these people cannot sign in through the hook`)
}
