/** The vocabulary of password checks: outcomes, plans and their kinds, and what a hash family and a core offer. */

/**
 * The result of checking a password against an encoded hash. Only `match` and `mismatch` mean that a hash
 * was computed; the others say why it could not be, so that a damaged row never looks like a wrong password.
 */
export type Outcome =
  | 'match'
  | 'mismatch'
  /** No family claims the string. */
  | 'unrecognised'
  /** A family claims it, but it breaks that family's grammar. */
  | 'malformed'
  /** Correct as far as it goes, but cut off: the column is too narrow. */
  | 'truncated'
  /** Whitespace or NULs around it: a CHAR column, or a line ending. */
  | 'padded'
  /** Sound, but costlier than the bounds allow. */
  | 'out_of_bounds'

export type Flaw = Exclude<Outcome, 'match' | 'mismatch'>

/** Checks of one kind take equally long: they are queued, batched and measured together. */
export interface Kind {
  readonly name: string
  /** The base-2 logarithm of the work. Where work varies by less, it is rounded to quarters. */
  readonly cost: number
}

export const keyOf = ({ name, cost }: Kind): string => `${name} ${cost}`

/** What an encoded hash says has to be computed, as plain data that can be posted to a thread. */
interface PlanOf<Core extends string> {
  readonly core: Core
  readonly kind: Kind
  readonly salt: Uint8Array
  /** The hash to find, of exactly the length that its family demands. */
  readonly want: Uint8Array
}

/** As crypt_blowfish 1.3 has them: `2b` is `2y`, `2x` has the old bug, `2a` a measure against it. */
export type BcryptVariant = '2a' | '2b' | '2x' | '2y'

/** The kind's cost is bcrypt's own. A salt has 16 bytes, a hash 23. */
export interface BcryptPlan extends PlanOf<'bcrypt'> {
  readonly variant: BcryptVariant
}

/** One member for each core. */
export type Plan = BcryptPlan

/** A plan of the same work that belongs to no hash. Its result is not used. */
export const blank = (plan: Plan): Plan => ({
  ...plan,
  salt: new Uint8Array(plan.salt.length),
  want: new Uint8Array(plan.want.length),
})

/** What has to be computed to check a password against an encoded hash, or why that cannot be done. */
export type Inspection<P extends Plan = Plan> = P | { readonly flaw: Flaw }

export interface Family<P extends Plan> {
  readonly identifier: string
  /** Matches the strings of this family, damaged ones included. At most one family matches a string. */
  readonly claims: RegExp
  /** Reads a string that it claims, without padding around it. Never throws. */
  parse(encoded: string): Inspection<P>
}

export interface PasswordCheck<P extends Plan = Plan> {
  readonly plan: P
  readonly password: string
}

/** Compares in constant time. */
export type Compare = (computed: Uint8Array, want: Uint8Array) => Outcome

/** The computation of one name's kinds, in a worker thread. */
export interface Core<P extends Plan> {
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
