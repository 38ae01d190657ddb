/** The vectors of all hash families, made by other implementations: see test/vectors/hashes/README.md. */
import { readFileSync } from 'node:fs'
import type { Outcome } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, type HashSettings } from '../../src/passwords/registry.ts'

export interface HashVector {
  readonly family: string
  readonly encoded: string
  readonly password: string
  /** `malformed` stands for every flaw by which nothing is computed, but `out_of_bounds`. */
  readonly expect: 'match' | 'mismatch' | 'malformed' | 'out_of_bounds'
  readonly note: string
  readonly oracle: string
  /** What the string cannot say. */
  readonly config?: Readonly<Record<string, unknown>>
}

export const HASH_VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/hashes/hashes.json', import.meta.url), 'utf8'),
) as readonly HashVector[]

/** Where the notation is a matter of taste, everything but a match will do. */
const isTaste = ({ note }: HashVector): boolean => /(^|: )either:/.test(note)

const FLAWS: readonly Outcome[] = ['unrecognised', 'malformed', 'truncated', 'padded']

export const agrees = (vector: HashVector, outcome: Outcome): boolean => {
  if (isTaste(vector)) return outcome !== 'match'
  return vector.expect === 'malformed' ? FLAWS.includes(outcome) : outcome === vector.expect
}

const bytesOf = (base64: unknown): Uint8Array =>
  Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')

/** The settings of a server whose store holds the hash. */
export const settingsFor = ({ family, config = {} }: HashVector): HashSettings => {
  const { signer_key: signerKey, salt_separator: saltSeparator } = config
  const firebase = { signerKey: bytesOf(signerKey), saltSeparator: bytesOf(saltSeparator) }
  return {
    ...DEFAULT_HASHES,
    ...(signerKey !== undefined && { firebase }),
    // Dovecot's own default takes 256 MiB.
    ...(family === 'argon2-wrapped' && { maxMib: 256 }),
  }
}
