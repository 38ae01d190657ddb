/** Strict readers of numbers and bytes in encoded hashes: what a lenient one would accept, another system never wrote. */

/** The standard alphabet with or without its padding, and the others that hashes are written in. */
export type Base64 = 'base64' | 'base64-unpadded' | 'base64url' | 'base64-dots'

/** @returns undefined for anything but decimal digits without a leading zero, or a number above 2^31 - 1 */
export const wholeNumber = (text: string | undefined): number | undefined => {
  const value = /^(?:0|[1-9]\d{0,9})$/.test(text ?? '') ? Number(text) : NaN
  return value < 2 ** 31 ? value : undefined
}

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
