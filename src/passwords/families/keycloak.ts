/** The family of Keycloak's credentials: JSON that holds its columns `secret_data` and `credential_data`. */
import type { Digest } from '../expression.ts'
import type { Argon2Plan, Family, Inspection, Pbkdf2Plan } from '../family.ts'
import { readBase64, wholeNumber } from '../notation.ts'
import { argon2PlanOf } from './argon2.ts'
import { pbkdf2Plan } from './pbkdf2.ts'

type Json = Readonly<Record<string, unknown>>

const MALFORMED = { flaw: 'malformed' } as const

/** An object, or the text of one, as an export has it. @returns an empty one for anything else */
const objectIn = (json: unknown): Json => {
  try {
    const found: unknown = typeof json === 'string' ? JSON.parse(json) : json
    return typeof found === 'object' && found !== null ? (found as Json) : {}
  } catch {
    return {}
  }
}

const bytesIn = (json: unknown): Uint8Array =>
  (typeof json === 'string' ? readBase64(json, 'base64') : undefined) ?? new Uint8Array()

/** What every algorithm has; a salt or hash that cannot be read is empty. */
interface Credential {
  readonly iterations: number
  readonly salt: Uint8Array
  readonly want: Uint8Array
  /** Lists of one text each. */
  readonly more: Json
}

const ARGON2_VERSIONS = new Map<string, Argon2Plan['version']>([
  ['1.0', 16],
  ['1.3', 19],
])
const ARGON2_TYPES: readonly Argon2Plan['type'][] = ['d', 'i', 'id']

const argon2In = ({ iterations, salt, want, more }: Credential): Inspection<Argon2Plan> => {
  const text = (name: string): string => {
    const [only, ...others] = Array.isArray(more[name]) ? (more[name] as unknown[]) : []
    return typeof only === 'string' && others.length === 0 ? only : ''
  }
  const version = ARGON2_VERSIONS.get(text('version'))
  const type = ARGON2_TYPES.find((name) => name === text('type'))
  const [memoryKiB, parallelism, length] = ['memory', 'parallelism', 'hashLength'].map((name) =>
    wholeNumber(text(name)),
  )
  if (!type || !version || !memoryKiB || !parallelism || length !== want.length) return MALFORMED
  return argon2PlanOf({ type, version, memoryKiB, passes: iterations, parallelism, salt, want })
}

/** Before version 24 the keys of every digest were of this length (Pbkdf2PasswordHashProvider). */
const OLD_KEY_BYTES = 64

const pbkdf2In =
  (digest: Digest, digestBytes: number) =>
  ({ iterations, salt, want }: Credential): Inspection<Pbkdf2Plan> =>
    salt.length > 0 && [digestBytes, OLD_KEY_BYTES].includes(want.length)
      ? pbkdf2Plan(digest, iterations, salt, want)
      : MALFORMED

const ALGORITHMS = new Map<unknown, (credential: Credential) => Inspection>([
  ['argon2', argon2In],
  ['pbkdf2', pbkdf2In('sha1', 20)],
  ['pbkdf2-sha256', pbkdf2In('sha256', 32)],
  ['pbkdf2-sha512', pbkdf2In('sha512', 64)],
])

export const keycloak: Family = {
  identifier: 'keycloak',
  claims: /^\{\s*"/,

  parse(encoded) {
    const { secretData, credentialData } = objectIn(encoded)
    const { value, salt } = objectIn(secretData)
    const { algorithm, hashIterations, additionalParameters } = objectIn(credentialData)
    const iterations =
      typeof hashIterations === 'number' ? wholeNumber(String(hashIterations)) : undefined
    const read = ALGORITHMS.get(algorithm)
    if (!read || !iterations) return MALFORMED
    const more = objectIn(additionalParameters)
    return read({ iterations, salt: bytesIn(salt), want: bytesIn(value), more })
  },
}
