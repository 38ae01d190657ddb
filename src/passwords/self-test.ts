/** The self-test that a core must pass before it may decide about anyone. */
import type { PasswordCheck } from './core.ts'
import type { Outcome } from './family.ts'

type Match = (checks: readonly PasswordCheck[]) => readonly Outcome[]

/**
 * Checks each known answer, and a wrong password, in every lane together with every number of others. This
 * is also what makes V8 optimise the core's functions.
 * @throws Error for any other outcome
 */
export const selfTest = (known: readonly PasswordCheck[], match: Match, lanes: number): void => {
  /** As many as there are lanes, from any known answer on. */
  const circle = Array.from({ length: lanes + 1 }, () => known).flat()
  for (let together = 1; together <= lanes; together++) {
    const demand = (outcome: Outcome, checks: readonly PasswordCheck[]) => {
      if (match(checks).join() !== Array(together).fill(outcome).join()) {
        throw new Error(`The self-test failed with ${together} of ${lanes} lanes.`)
      }
    }
    for (const first of known.keys()) demand('match', circle.slice(first, first + together))
    const wrong = circle.map(({ plan, password }) => ({ plan, password: `.${password}` }))
    demand('mismatch', wrong.slice(0, together))
  }
}
