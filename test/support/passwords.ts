/** Encoded hashes as the hook reads them, for tests of what computes their plans. */
import { CORES, createEngine, type Engine, type EngineCore } from '../../src/passwords/engine.ts'
import type { BcryptPlan, Outcome, Plan } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, inspect, type HashSettings } from '../../src/passwords/registry.ts'

const SETTINGS: HashSettings = { ...DEFAULT_HASHES, bcryptCost: 31 }

export interface EncodedCheck {
  readonly encoded: string
  readonly password: string
}

/** @throws TypeError for a hash that cannot be checked */
export const planOf = (encoded: string): Plan => {
  const found = inspect(encoded, SETTINGS)
  if ('flaw' in found) throw new TypeError(`the hash is ${found.flaw}`)
  return found
}

/** @throws TypeError for a hash of any other family */
export const bcryptPlanOf = (encoded: string): BcryptPlan => {
  const plan = planOf(encoded)
  if (plan.core !== 'bcrypt') throw new TypeError(`the core is ${plan.core}`)
  return plan
}

export const startEngine = (): Engine => createEngine(CORES)

export const bcryptCoreOf = ({ cores }: Engine): EngineCore => {
  const core = cores.find(({ computes }) => computes === 'bcrypt')
  if (!core) throw new TypeError('no core for bcrypt')
  return core
}

/** Computes the sound checks together, and inserts the flaws of the others between their outcomes. */
export const verifyEncoded = (
  engine: Engine,
  checks: readonly EncodedCheck[],
  settings = SETTINGS,
): Outcome[] => {
  const found = checks.map(({ encoded, password }) => ({
    plan: inspect(encoded, settings),
    password,
  }))
  const sound = found.flatMap(({ plan, password }) => ('flaw' in plan ? [] : { plan, password }))
  const outcomes = engine.verify(sound)
  found.forEach(({ plan }, i) => 'flaw' in plan && outcomes.splice(i, 0, plan.flaw))
  return outcomes
}
