/** Encoded hashes as the hook reads them, for tests of what computes their plans. */
import type { Bounds } from '../../src/passwords/registry.ts'
import { CORES, createEngine, type Engine, type EngineCore } from '../../src/passwords/engine.ts'
import type { Outcome, Plan } from '../../src/passwords/family.ts'
import { inspect } from '../../src/passwords/registry.ts'

const BOUNDS: Bounds = { bcryptCost: 31 }

export interface EncodedCheck {
  readonly encoded: string
  readonly password: string
}

/** @throws TypeError for a hash that cannot be checked */
export const planOf = (encoded: string): Plan => {
  const found = inspect(encoded, BOUNDS)
  if ('flaw' in found) throw new TypeError(`the hash is ${found.flaw}`)
  return found
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
  bounds = BOUNDS,
): Outcome[] => {
  const found = checks.map(({ encoded, password }) => ({
    plan: inspect(encoded, bounds),
    password,
  }))
  const sound = found.flatMap(({ plan, password }) => ('flaw' in plan ? [] : { plan, password }))
  const outcomes = engine.verify(sound)
  found.forEach(({ plan }, i) => 'flaw' in plan && outcomes.splice(i, 0, plan.flaw))
  return outcomes
}
