/** What a core offers: the computation of one name's kinds, in a worker thread. */
import type { Outcome, Plan } from './family.ts'

export interface PasswordCheck<P extends Plan = Plan> {
  readonly plan: P
  readonly password: string
}

/** Compares in constant time. */
export type Compare = (computed: Uint8Array, want: Uint8Array) => Outcome

export interface Core<P extends Plan> {
  /** How it computes. */
  readonly name: string
  /** The most checks that one call takes; more than one pays only where they run together. */
  readonly lanes: number
  /** Outcomes in the order of the checks, which are of one kind, and as many as there are lanes or fewer. */
  match(checks: readonly PasswordCheck<P>[], compare: Compare): Outcome[]
}

/** A row of the engine's table. */
export interface CoreRow<P extends Plan> {
  /** The name of the kinds that it computes. */
  readonly computes: string
  /** Long enough to be measured, short enough not to hold up a start. */
  readonly trial: P
  /** The right answers that it must give before it may decide about anyone. */
  readonly known: readonly PasswordCheck<P>[]
  /** Takes milliseconds. May throw where there is a fallback. */
  create(): Core<P>
  /** Makes the core to use where the other cannot be made, or fails the self-test. */
  createFallback?(): Core<P>
}
