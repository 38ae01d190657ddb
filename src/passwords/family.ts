/** Owns the vocabulary of password checks: outcomes, bounds, and what a hash family must offer. */

/**
 * What came of checking a password against an encoded hash. Only `match` and `mismatch` mean that a
 * hash was computed; the others say why none could be, so that a damaged row never looks like a
 * wrong password.
 */
export type Outcome =
  | 'match'
  | 'mismatch'
  /** No family claims the string. */
  | 'unrecognised'
  /** A family claims it, but it breaks that family's grammar. */
  | 'malformed'
  /** Well-formed so far as it goes, and cut off: a column that is too narrow. */
  | 'truncated'
  /** Whitespace or NULs around it: a CHAR column, or a line ending. */
  | 'padded'
  /** Sound, but dearer than the bounds allow. */
  | 'out_of_bounds'

export type Flaw = Exclude<Outcome, 'match' | 'mismatch'>

/** The most that one check may cost. */
export interface Bounds {
  /** bcrypt's cost, the base-2 logarithm of its rounds. */
  readonly bcryptCost: number
}

/** Either a hash that can be checked, and its cost, or why it cannot. */
export type Inspection = { readonly cost: number } | { readonly flaw: Flaw }

export interface Family {
  readonly identifier: string
  /** Whether the string, padding aside, belongs to this family. At most one family may say yes. */
  claims(encoded: string): boolean
  /** Total: never throws, whatever the string. */
  inspect(encoded: string, bounds: Bounds): Inspection
}
