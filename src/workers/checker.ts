/** What the hook needs from the part that checks passwords. */
import type { Outcome, Plan } from '../passwords/family.ts'

export interface Checked {
  readonly outcome: Outcome
  /** Milliseconds between admission and the start of the check. */
  readonly waitMs: number
  /** Milliseconds the check's batch took. */
  readonly runMs: number
  /** How many checks its batch held. */
  readonly lanes: number
}

export interface PasswordChecker {
  /** Whether a check may end by `deadline` (on the clock's scale): if not, looking up its hash is pointless. */
  mayAdmit(deadline: number): boolean
  /**
   * Checks one password, and always settles by `deadline` (on the clock's scale).
   * @param signal aborted when the caller has given up: a check that has not started is then dropped
   * @throws AppError `overloaded`, `deadline_exceeded`, `caller_gone`, `worker_lost`, `out_of_memory`,
   * `core_missing` or `shutting_down`
   */
  check(plan: Plan, password: string, deadline: number, signal?: AbortSignal): Promise<Checked>
}
