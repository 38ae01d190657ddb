/** Which hashes Okta takes as they are, and how they are written for it. */
import { encodeBase64 } from 'bcryptjs'
import type { Digest, Expression } from '../../passwords/expression.ts'
import type { BcryptPlan, DigestPlan, Pbkdf2Plan, Plan } from '../../passwords/family.ts'

/** Okta management API, schema PasswordCredentialHash. */
export type OktaHash = Readonly<Record<string, string | number>>

/** A hash for Okta, or why Okta could not check passwords against it. */
export type OktaHashResult = { readonly hash: OktaHash } | { readonly problem: string }

/** Limits of PasswordCredentialHash. */
const MOST_WORK = 20
const ITERATIONS = { min: 4096, max: 10_000_000 }

const ALGORITHMS: Readonly<Partial<Record<Digest | 'md4', string>>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
}

const HMACS: Readonly<Partial<Record<Digest, string>>> = {
  sha256: 'SHA256_HMAC',
  sha512: 'SHA512_HMAC',
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const radix64 = (bytes: Uint8Array): string => encodeBase64([...bytes], bytes.length)

const bcryptFor = ({ variant, cost, salt, want }: BcryptPlan): OktaHashResult => {
  // Made by a faulty bcrypt, which Okta does not reproduce.
  if (variant === '2x') return { problem: 'is a $2x$ hash, which Okta does not take' }
  if (cost > MOST_WORK) return { problem: `costs more than ${MOST_WORK}, the most that Okta takes` }
  const parts = { salt: radix64(salt), value: radix64(want) }
  return { hash: { algorithm: 'BCRYPT', workFactor: cost, ...parts } }
}

const pbkdf2For = ({ digest, iterations, salt, want }: Pbkdf2Plan): OktaHashResult => {
  const digestAlgorithm = HMACS[digest]
  if (digestAlgorithm === undefined) {
    return { problem: `is PBKDF2 with ${digest.toUpperCase()}, and Okta takes SHA256 and SHA512` }
  }
  const { min, max } = ITERATIONS
  if (iterations < min || iterations > max) {
    return { problem: `has ${iterations} iterations, and Okta takes ${min} to ${max}` }
  }
  if (salt.length === 0) return { problem: 'has no salt, and Okta needs one' }
  const numbers = { iterationCount: iterations, keySize: want.length }
  const parts = { salt: base64(salt), value: base64(want) }
  return { hash: { algorithm: 'PBKDF2', digestAlgorithm, ...numbers, ...parts } }
}

/** Where the salt is, for a digest of nothing but the password and the salt. */
const saltOrderOf = (of: Expression): string | undefined => {
  if (of.op === 'password') return ''
  const parts = of.op === 'concat' ? of.of.map(({ op }) => op).join() : ''
  return { 'salt,password': 'PREFIX', 'password,salt': 'POSTFIX' }[parts]
}

const digestFor = ({ input, salt, want }: DigestPlan): OktaHashResult => {
  const algorithm = input.op === 'digest' ? ALGORITHMS[input.digest] : undefined
  const saltOrder = input.op === 'digest' ? saltOrderOf(input.of) : undefined
  if (algorithm === undefined || saltOrder === undefined) {
    return { problem: 'is no digest of only the password and a salt, which is what Okta takes' }
  }
  const value = base64(want)
  if (saltOrder === '' || salt.length === 0) return { hash: { algorithm, value } }
  return { hash: { algorithm, salt: base64(salt), saltOrder, value } }
}

/** Writes a hash for Okta. */
export const toOktaHash = (plan: Plan): OktaHashResult => {
  // WordPress' slashes: Okta would try the typed password alone.
  if (plan.forms) return { problem: 'may be of a password that was changed first' }
  if (plan.core === 'digest') return digestFor(plan)
  if (plan.core !== 'bcrypt' && plan.core !== 'pbkdf2') {
    return { problem: `is ${plan.kind.name}, which Okta does not take` }
  }
  if (plan.input) return { problem: 'is made of a password that was changed first' }
  return plan.core === 'bcrypt' ? bcryptFor(plan) : pbkdf2For(plan)
}
