/** The limits on what one check may cost. */
import type { Plan } from './family.ts'

export interface Bounds {
  /** bcrypt's cost, the base-2 logarithm of its rounds. */
  readonly bcryptCost: number
}

type Ceiling = (plan: Plan, bounds: Bounds) => boolean

/** Each says whether a plan is above it. */
const CEILINGS: readonly Ceiling[] = [
  ({ kind }, { bcryptCost }) => kind.name === 'bcrypt' && kind.cost > bcryptCost,
]

export const isOutOfBounds: Ceiling = (plan, bounds) =>
  CEILINGS.some((isAbove) => isAbove(plan, bounds))
