/** The limits on what one check may cost. */
import type { Plan } from './family.ts'

export interface Bounds {
  /** bcrypt's cost, the base-2 logarithm of its rounds. */
  readonly bcryptCost: number
}

/** Whether a plan is above any of the limits. */
export const isOutOfBounds = ({ kind }: Plan, { bcryptCost }: Bounds): boolean =>
  kind.name === 'bcrypt' && kind.cost > bcryptCost
