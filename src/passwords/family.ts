/** The vocabulary of password checks: outcomes, plans and their kinds, and what a hash family and a core offer. */
import { digestsIn, type Digest, type Expression } from './expression.ts'
import type { Form } from './password-forms.ts'

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
  /** The base-2 logarithm of the work of all tries. bcrypt's own cost; elsewhere rounded to quarters. */
  readonly cost: number
  /** The memory that one check takes while it runs, in MiB, where that is a lot. */
  readonly mib?: number
}

/** The names that the cores compute. */
export type KindName =
  | 'bcrypt'
  | 'argon2'
  | 'scrypt'
  | `pbkdf2-${Digest}`
  | 'phpass'
  | `rounds-${RoundsDigest}`
  | 'digest'
  | `${CryptDigest}crypt`

/** No system is known to repeat SHA-224. */
export type RoundsDigest = Exclude<Digest, 'sha224'>

export interface PlanKind extends Kind {
  readonly name: KindName
}

export const keyOf = ({ name, cost, mib = 0 }: Kind): string => `${name} ${cost} ${mib}`

/** @param work in the unit of the kind's name, see `bounds.ts` */
export const costOf = (work: number): number => Math.round(4 * Math.log2(work)) / 4

/** What an encoded hash says has to be computed, as plain data that can be posted to a thread. */
interface PlanOf<Core extends string> {
  readonly core: Core
  readonly kind: PlanKind
  readonly salt: Uint8Array
  /** The hash to find, of exactly the length that its family demands. */
  readonly want: Uint8Array
  /** What is hashed in place of the password. */
  readonly input?: Expression
  /** How the password becomes bytes, one try each: UTF-8 alone by default. */
  readonly forms?: readonly Form[]
}

/** As crypt_blowfish 1.3 has them: `2b` is `2y`, `2x` has the old bug, `2a` a measure against it. */
export type BcryptVariant = '2a' | '2b' | '2x' | '2y'

/** A salt has 16 bytes, a hash 23. */
export interface BcryptPlan extends PlanOf<'bcrypt'> {
  readonly variant: BcryptVariant
  /** The base-2 logarithm of the rounds, which is the cost of the kind where there is one try. */
  readonly cost: number
}

/** RFC 9106. The work is KiB × passes. */
export interface Argon2Plan extends PlanOf<'argon2'> {
  readonly type: 'd' | 'i' | 'id'
  /** 16 or 19: versions 1.0 and 1.3. */
  readonly version: 16 | 19
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

/** RFC 7914. The work is N·r·p. */
export interface ScryptPlan extends PlanOf<'scrypt'> {
  readonly n: number
  readonly r: number
  readonly p: number
  /** Where the derived key encrypts this with AES-256-CTR, as Firebase does: `want` is the result. */
  readonly seal?: Uint8Array
}

/** RFC 8018, section 5.2. The work is iterations × blocks of the derived key. */
export interface Pbkdf2Plan extends PlanOf<'pbkdf2'> {
  readonly digest: Digest
  readonly iterations: number
}

/** digest(salt, password), then `rounds` times digest(last) or digest(last, password). The work is the rounds. */
export interface ChainPlan extends PlanOf<'chain'> {
  readonly digest: RoundsDigest
  readonly rounds: number
  /** Whether each round hashes the password again. */
  readonly repeats: boolean
  /** How many bits of the last digest are stored, where that is not all. */
  readonly bits?: number
}

export type CryptDigest = 'md5' | 'sha256' | 'sha512'

/** crypt(3)'s methods of many digests. The work is the rounds. */
export interface CryptPlan extends PlanOf<'crypt'> {
  readonly digest: CryptDigest
  readonly rounds: number
  /** What precedes the salt in an encoded hash: MD5's methods hash it, too. */
  readonly magic: Uint8Array
}

/** The input is the hash. The work is the number of digests. */
export interface DigestPlan extends PlanOf<'digest'> {
  readonly input: Expression
}

export const digestPlan = (input: Expression, salt: Uint8Array, want: Uint8Array): DigestPlan => ({
  core: 'digest',
  kind: { name: 'digest', cost: costOf(digestsIn(input)) },
  ...{ input, salt, want },
})

/** One member for each core. */
export type Plan =
  BcryptPlan | Argon2Plan | ScryptPlan | Pbkdf2Plan | ChainPlan | DigestPlan | CryptPlan

/** A plan of the same work that belongs to no hash. Its result is not used. */
export const blank = <P extends Plan>(plan: P): P => ({
  ...plan,
  salt: new Uint8Array(plan.salt.length),
  want: new Uint8Array(plan.want.length),
})

/** What has to be computed to check a password against an encoded hash, or why that cannot be done. */
export type Inspection<P extends Plan = Plan> = P | { readonly flaw: Flaw }

/** What an encoded hash does not say: secrets of the system that made it. */
export interface HashSecrets {
  /** Firebase's project keys (Authentication, Password hash parameters). */
  readonly firebase?: { readonly signerKey: Uint8Array; readonly saltSeparator: Uint8Array }
  /** Whether what says that it is a password in plain text is one. */
  readonly plain?: boolean
}

export interface Family<P extends Plan = Plan> {
  readonly identifier: string
  /** Matches the strings of this family, damaged ones included. At most one family matches a string. */
  readonly claims: RegExp
  /** Whether white space behind the string is a part of it, and no padding. */
  readonly keepsBlanks?: boolean
  /** Reads a string that it claims, without padding around it. Never throws. */
  parse(encoded: string, secrets?: HashSecrets): Inspection<P>
}

export interface PasswordCheck<P extends Plan = Plan> {
  readonly plan: P
  readonly password: string
}

/** A check whose input was computed. */
export interface KeyedCheck<P extends Plan = Plan> {
  readonly plan: P
  /** The bytes to hash. */
  readonly password: Uint8Array
}

/** Compares in constant time. */
export type Compare = (computed: Uint8Array, want: Uint8Array) => Outcome

/** Thrown by a core that did not get the memory for a check. The next one may. */
export class OutOfMemory extends Error {}

/** The computation of one name's kinds, in a worker thread. */
export interface Core<P extends Plan> {
  readonly name: string
  /** The most checks that one call takes; more than one pays only where they run together. */
  readonly lanes: number
  /**
   * Outcomes in the order of the checks, which are of one kind, and as many as there are lanes or fewer.
   * @throws OutOfMemory for all of them
   */
  match(checks: readonly KeyedCheck<P>[], compare: Compare): Outcome[]
}

/** A row of the engine's table. */
export interface CoreRow<P extends Plan> {
  /** The name of the kinds that it computes. */
  readonly computes: string
  /** Long enough to be measured, short enough not to hold up a start. */
  readonly trial: P
  /** The right answers that it must give before it may decide about anyone. */
  readonly known: readonly PasswordCheck<P>[]
  /** Takes milliseconds. May throw: the engine then has the fallback, or no core for these kinds. */
  create(): Core<P>
  /** Makes the core to use where the other cannot be made, or fails the self-test. May not throw. */
  createFallback?(): Core<P>
}
