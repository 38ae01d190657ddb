/** How the hash is written in a row: in hex or base64, and of which length. */
import type { Inspection } from '../family.ts'
import { readBase64, readHex } from '../notation.ts'

/** What a row says. */
export interface RowValues {
  readonly hash: string
  readonly salt: Uint8Array
  readonly iterations: number
}

export interface Outermost {
  /** What the hash looks like, as the source of a regular expression. */
  readonly pattern: string
  /** A hash that looks like that, for checks of the template. */
  readonly sample: string
  readonly planOf: (row: RowValues) => Inspection
}

const MALFORMED: Inspection = { flaw: 'malformed' }

export interface Notation {
  readonly read: (text: string) => Uint8Array | undefined
  readonly write: (bytes: Buffer) => string
  /** @param size undefined for any number of bytes */
  readonly pattern: (size: number | undefined) => string
}

export const HEX_DIGITS: Notation = {
  read: readHex,
  write: (bytes) => bytes.toString('hex'),
  pattern: (size) => String.raw`[\dA-Fa-f]${size === undefined ? '+' : `{${2 * size}}`}`,
}

export const BASE64_DIGITS: Notation = {
  read: (text) => readBase64(text, 'base64'),
  write: (bytes) => bytes.toString('base64'),
  pattern: (size) => {
    if (size === undefined) return String.raw`[\dA-Za-z+/]+={0,2}`
    return String.raw`[\dA-Za-z+/]{${Math.ceil((size * 4) / 3)}}={${(3 - (size % 3)) % 3}}`
  },
}

/** A derived key can be cut to any length: a shorter one would match too many passwords. */
export const DERIVED_BYTES = { min: 16, max: 512 }

/** @param size undefined if each row has its own */
export const written = (
  { read, write, pattern }: Notation,
  size: number | undefined,
  planOf: (want: Uint8Array, row: RowValues) => Inspection,
): Outermost => ({
  pattern: pattern(size),
  sample: write(Buffer.alloc(size ?? DERIVED_BYTES.min)),
  planOf: (row) => {
    const want = read(row.hash)
    const { min, max } = size === undefined ? DERIVED_BYTES : { min: size, max: size }
    if (!want || want.length < min || want.length > max) return MALFORMED
    return planOf(want, row)
  },
})
