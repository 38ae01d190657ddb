/** The bytes that a typed password stands for: UTF-8, or what the system that made the hashes wrote in its place. */

/** One way to turn a password into bytes. */
export const FORMS = ['utf-8', 'windows-1252', 'latin1', 'nfc', 'nfd', 'utf-16le'] as const
export type Form = (typeof FORMS)[number]

/**
 * UTF-8, but a lone surrogate keeps its number, as it does in bcryptjs: replaced by U+FFFD it would be
 * equal to every other.
 */
const utf8 = (password: string): Uint8Array => {
  const bytes = new TextEncoder().encode(password)
  for (const { 0: lone, index } of password.matchAll(/\p{Surrogate}/gu)) {
    const unit = lone.charCodeAt(0)
    const encoded = [0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
    bytes.set(encoded, Buffer.byteLength(password.slice(0, index)))
  }
  return bytes
}

/** The bytes of an encoding of one byte a character, by character. */
const tableOf = (decode: (byte: number) => string): ReadonlyMap<string, number> =>
  new Map(Array.from({ length: 256 }, (_, byte) => [decode(byte), byte]))

const LATIN1 = tableOf((byte) => String.fromCharCode(byte))
const windows1252 = new TextDecoder('windows-1252')
const WINDOWS_1252 = tableOf((byte) => windows1252.decode(Uint8Array.of(byte)))

/** Buffer's own latin1 drops the high byte, so that two passwords would be one. */
const byTable = (table: ReadonlyMap<string, number>, password: string): Uint8Array | undefined => {
  const bytes = Array.from(password, (character) => table.get(character))
  return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[])
}

const ENCODERS: Readonly<Record<Form, (password: string) => Uint8Array | undefined>> = {
  'utf-8': utf8,
  'windows-1252': (password) => byTable(WINDOWS_1252, password),
  latin1: (password) => byTable(LATIN1, password),
  nfc: (password) => utf8(password.normalize('NFC')),
  nfd: (password) => utf8(password.normalize('NFD')),
  'utf-16le': (password) => Uint8Array.from(Buffer.from(password, 'utf16le')),
}

/** @returns undefined where the form has no bytes for one of its characters */
export const encodePassword = (password: string, form: Form): Uint8Array | undefined =>
  ENCODERS[form](password)
