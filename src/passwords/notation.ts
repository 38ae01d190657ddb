/** Strict readers of numbers and bytes in encoded hashes: what a lenient one would accept, another system never wrote. */
import type { Flaw } from './family.ts'

/** The standard alphabet with or without its padding, and the others that hashes are written in. */
export type Base64 = 'base64' | 'base64-unpadded' | 'base64url' | 'base64-dots'

/**
 * A number that is far too large is still a number: the bounds say so.
 * @returns undefined for anything but decimal digits without a leading zero, or for more than are exact
 */
export const wholeNumber = (text: string | undefined): number | undefined =>
  /^(?:0|[1-9]\d{0,14})$/.test(text ?? '') ? Number(text) : undefined

const WRITE: Readonly<Record<Base64, (bytes: Buffer) => string>> = {
  base64: (bytes) => bytes.toString('base64'),
  'base64-unpadded': (bytes) => bytes.toString('base64').replaceAll('=', ''),
  base64url: (bytes) => bytes.toString('base64url'),
  /** passlib's "adapted base 64": `.` in place of `+`, without padding. */
  'base64-dots': (bytes) => bytes.toString('base64').replaceAll('=', '').replaceAll('+', '.'),
}

/** Buffer skips what it does not know: so what it read is written again, and compared. */
export const readBase64 = (text: string, alphabet: Base64): Uint8Array | undefined => {
  const bytes = Buffer.from(alphabet === 'base64-dots' ? text.replaceAll('.', '+') : text, 'base64')
  return WRITE[alphabet](bytes) === text ? Uint8Array.from(bytes) : undefined
}

/** Digits of either case. */
export const readHex = (text: string): Uint8Array | undefined =>
  /^(?:[\da-f]{2})*$/i.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : undefined

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BCRYPT = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const FROM_BCRYPT = new Map(Array.from(BCRYPT, (digit, value) => [digit, STANDARD[value] ?? '']))

/**
 * bcrypt's own base 64: the standard one with its digits in another order. The text has no others. Not bcryptjs' reader,
 * since a start would wait until that package is loaded.
 */
export const readBcrypt64 = (text: string): Uint8Array => {
  const standard = Array.from(text, (digit) => FROM_BCRYPT.get(digit)).join('')
  return Uint8Array.from(Buffer.from(standard, 'base64'))
}

/** The digits of crypt(3) and phpass, by their value. */
export const ITOA64 = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * phpass' own base 64: the lowest bits come first.
 * @returns undefined for other characters, or bits left over that no encoder writes
 */
export const readItoa64 = (text: string): Uint8Array | undefined => {
  const bytes: number[] = []
  let [bits, count] = [0, 0]
  for (const digit of text) {
    const value = ITOA64.indexOf(digit)
    if (value < 0) return undefined
    bits |= value << count
    count += 6
    if (count < 8) continue
    bytes.push(bits & 0xff)
    bits >>= 8
    count -= 8
  }
  return bits === 0 && count < 6 ? Uint8Array.from(bytes) : undefined
}

/** A way to write bytes. */
export interface Encoding {
  readonly bitsPerDigit: 4 | 6
  readonly read: (text: string) => Uint8Array | undefined
}

export const HEX: Encoding = { bitsPerDigit: 4, read: readHex }
export const inBase64 = (alphabet: Base64): Encoding => ({
  bitsPerDigit: 6,
  read: (text) => readBase64(text, alphabet),
})

/** A salt that is used as it is written. */
export const textBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

/**
 * A key that another was derived to be compared with. What is cut off of it is the beginning of the same key: so
 * its length must be one of these.
 */
export const readKey = (
  text: string,
  { bitsPerDigit, read }: Encoding,
  lengths: readonly number[],
): Uint8Array | { readonly flaw: Flaw } => {
  const key = read(text)
  if (key && lengths.includes(key.length)) return key
  const digits = Math.ceil((8 * Math.min(...lengths)) / bitsPerDigit)
  return { flaw: text.length < digits ? 'truncated' : 'malformed' }
}
