/** The bytes that a typed password stands for: UTF-8, or what the system that made the hashes wrote in its place. */

/** One way to turn a password into bytes. */
export const FORMS = ['utf-8', 'windows-1252', 'latin1', 'nfc', 'nfd', 'utf-16le'] as const

/** The last two are no encodings that an operator names: presets of their names try them. */
export type Form = (typeof FORMS)[number] | 'wordpress' | 'phpbb'

/**
 * UTF-8, but a lone surrogate keeps its number, as it does in bcryptjs: replaced by U+FFFD it would be
 * equal to every other.
 */
const utf8 = (password: string): Uint8Array => {
  const bytes = new TextEncoder().encode(password)
  let [read, at] = [0, 0]
  for (const { 0: lone, index } of password.matchAll(/\p{Surrogate}/gu)) {
    const unit = lone.charCodeAt(0)
    const encoded = [0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
    at += Buffer.byteLength(password.slice(read, index))
    read = index
    bytes.set(encoded, at)
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

/**
 * WordPress adds slashes to the fields of every form (wp_magic_quotes) and hashes a password trimmed, by PHP's
 * trim: `it's` is stored as `it\'s`. Set by its REST API, a password has no slashes.
 */
const asWordpress = (password: string): string =>
  password
    .replaceAll(/['"\\]/g, String.raw`\$&`)
    .replaceAll('\0', String.raw`\0`)
    .replaceAll(/^[ \t\n\r\v]+|[ \t\n\r\v]+$/g, '')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
}

/** phpBB hashes what its forms make of a text (type_cast_helper): `a&b` is stored as `a&amp;b`. */
const asPhpbb = (password: string): string =>
  password
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('\0', '')
    .replaceAll(/[&"<>]/g, (character) => ENTITIES[character] ?? character)
    .normalize('NFC')

/** The forms that are other characters. */
const REWRITE: Partial<Readonly<Record<Form, (password: string) => string>>> = {
  nfc: (password) => password.normalize('NFC'),
  nfd: (password) => password.normalize('NFD'),
  wordpress: asWordpress,
  phpbb: asPhpbb,
}

/** The characters that a form takes for the password. */
export const charactersIn = (password: string, form: Form): string =>
  REWRITE[form]?.(password) ?? password

const ENCODERS: Readonly<Record<Form, (characters: string) => Uint8Array | undefined>> = {
  'utf-8': utf8,
  'windows-1252': (characters) => byTable(WINDOWS_1252, characters),
  latin1: (characters) => byTable(LATIN1, characters),
  nfc: utf8,
  nfd: utf8,
  'utf-16le': (characters) => Uint8Array.from(Buffer.from(characters, 'utf16le')),
  wordpress: utf8,
  phpbb: utf8,
}

/** @returns undefined where the form has no bytes for one of its characters, or would make nothing of something */
export const encodePassword = (password: string, form: Form): Uint8Array | undefined => {
  const characters = charactersIn(password, form)
  return characters === '' && password !== '' ? undefined : ENCODERS[form](characters)
}
