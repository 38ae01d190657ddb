/** Stored passwords: those that Okta hashed itself, and imported hashes in the documented forms. */
import { compare } from 'bcryptjs'
import { createHash, pbkdf2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import * as z from 'zod'

const base64 = z.base64().min(1).max(1024)

const bytesOf = (text: string): number => Buffer.from(text, 'base64').length

const DIGESTS = {
  'SHA-512': { name: 'sha512', bytes: 64 },
  'SHA-256': { name: 'sha256', bytes: 32 },
  'SHA-1': { name: 'sha1', bytes: 20 },
  MD5: { name: 'md5', bytes: 16 },
} as const

const digestSchema = z
  .object({
    algorithm: z.enum(['SHA-512', 'SHA-256', 'SHA-1', 'MD5']),
    value: base64,
    salt: base64.optional(),
    saltOrder: z.enum(['PREFIX', 'POSTFIX']).optional(),
  })
  .refine(({ salt, saltOrder }) => salt === undefined || saltOrder !== undefined, {
    path: ['saltOrder'],
    error: 'Needed with a salt',
  })
  .refine(({ algorithm, value }) => bytesOf(value) === DIGESTS[algorithm].bytes, {
    path: ['value'],
    error: "Does not have the length of the algorithm's digest",
  })

const bcryptSchema = z.object({
  algorithm: z.literal('BCRYPT'),
  workFactor: z.int().min(1).max(20),
  salt: z.string().regex(/^[./A-Za-z0-9]{22}$/, 'Must be 22 characters in Radix-64'),
  value: z.string().regex(/^[./A-Za-z0-9]{31}$/, 'Must be 31 characters in Radix-64'),
})

const pbkdf2Schema = z
  .object({
    algorithm: z.literal('PBKDF2'),
    value: base64,
    salt: base64,
    iterationCount: z.int().min(4096).max(10_000_000),
    keySize: z.int().min(1).max(1024),
    digestAlgorithm: z.enum(['SHA256_HMAC', 'SHA512_HMAC']),
  })
  .refine(({ value, keySize }) => bytesOf(value) === keySize, {
    path: ['keySize'],
    error: 'Is not the length of the value',
  })

/** "PasswordCredentialHash" of the Okta Management API, with the limits it states. */
export const hashSchema = z.union([bcryptSchema, digestSchema, pbkdf2Schema])

export type ImportedHash = z.infer<typeof hashSchema>

export interface OwnHash {
  readonly algorithm: 'scrypt'
  readonly salt: Buffer
  readonly value: Buffer
}

const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt)
const derivePbkdf2 = promisify(pbkdf2)

/** Low cost on purpose: the hashes are gone when the sandbox ends. */
const SCRYPT = { bytes: 32, cost: { N: 1024, r: 8, p: 1 } }

/** Hashes a password that Okta stores itself. */
export const hashPassword = async (password: string): Promise<OwnHash> => {
  const salt = randomBytes(16)
  const value = await deriveScrypt(password, salt, SCRYPT.bytes, SCRYPT.cost)
  return { algorithm: 'scrypt', salt, value }
}

type Digest = z.infer<typeof digestSchema>

const digest = ({ algorithm, salt = '', saltOrder }: Digest, password: string): Buffer => {
  const parts = [Buffer.from(salt, 'base64'), Buffer.from(password)]
  if (saltOrder === 'POSTFIX') parts.reverse()
  return createHash(DIGESTS[algorithm].name).update(Buffer.concat(parts)).digest()
}

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

export const passwordMatches = async (stored: OwnHash | ImportedHash, password: string) => {
  if (stored.algorithm === 'scrypt') {
    return equal(await deriveScrypt(password, stored.salt, SCRYPT.bytes, SCRYPT.cost), stored.value)
  }
  if (stored.algorithm === 'BCRYPT') {
    const cost = String(stored.workFactor).padStart(2, '0')
    // Okta accepts work factors from 1, but bcrypt's start at 4: such a hash matches no password.
    return stored.workFactor >= 4 && compare(password, `$2a$${cost}$${stored.salt}${stored.value}`)
  }
  const value = Buffer.from(stored.value, 'base64')
  if (stored.algorithm !== 'PBKDF2') return equal(digest(stored, password), value)
  const hmac = stored.digestAlgorithm === 'SHA512_HMAC' ? 'sha512' : 'sha256'
  const salt = Buffer.from(stored.salt, 'base64')
  const { iterationCount, keySize } = stored
  return equal(await derivePbkdf2(password, salt, iterationCount, keySize, hmac), value)
}
