/** What is computed from a password before it is hashed, or as the hash: a tree of functions on bytes. */
import { createHmac, hash, randomBytes } from 'node:crypto'
import { md4 } from './md4.ts'
import { encodePassword } from './password-forms.ts'

/** The names of node:crypto. */
export type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

export const DIGEST_BYTES: Readonly<Record<Digest | 'md4', number>> = {
  md4: 16,
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

/**
 * What PHP's trim() removes at both ends, which is less than JavaScript's: no form feed, and only ASCII. Blanks alone
 * would be the empty password, which lets nobody in.
 */
const PHP_BLANKS: readonly number[] = [...Buffer.from(' \t\n\r\0\v')]
const isText = (byte: number): boolean => !PHP_BLANKS.includes(byte)

/** Stands for a password that must match nothing, and take as long as any other. */
const unguessable = (length: number): Uint8Array => randomBytes(Math.max(32, length))

/** What turns bytes into others, of which it gets a copy that nobody else uses. Text is UTF-8. */
const FUNCTIONS = {
  trim: (of: Buffer): Uint8Array =>
    of.length === 0 || of.some(isText)
      ? of.subarray(Math.max(of.findIndex(isText), 0), of.findLastIndex(isText) + 1)
      : unguessable(of.length),
  hex: (of: Buffer): Uint8Array => Buffer.from(of.toString('hex')),
  base64: (of: Buffer): Uint8Array => Buffer.from(of.toString('base64')),
  unhex: (of: Buffer): Uint8Array => Buffer.from(of.toString('latin1'), 'hex'),
  unbase64: (of: Buffer): Uint8Array => Buffer.from(of.toString('latin1'), 'base64'),
  /** ASCII's letters alone, as in PHP 8: those of another language depend on a locale. */
  upper: (of: Buffer): Uint8Array => of.map((byte) => (byte > 96 && byte < 123 ? byte - 32 : byte)),
  lower: (of: Buffer): Uint8Array => of.map((byte) => (byte > 64 && byte < 91 ? byte + 32 : byte)),
  utf16le: (of: Buffer): Uint8Array => Buffer.from(of.toString(), 'utf16le'),
  latin1: (of: Buffer): Uint8Array => Buffer.from(of.toString(), 'latin1'),
}

export type BytesFunction = keyof typeof FUNCTIONS

/** An encoding that is a part of the formula, whatever else is tried. */
export type TypedForm = 'utf-16le' | 'latin1'

export type Expression =
  | { readonly op: 'password' }
  /** The characters of the password, in this encoding. */
  | { readonly op: 'typed'; readonly form: TypedForm }
  | { readonly op: 'salt' }
  | { readonly op: 'bytes'; readonly bytes: Uint8Array }
  | { readonly op: 'concat'; readonly of: readonly Expression[] }
  | { readonly op: 'digest'; readonly digest: Digest | 'md4'; readonly of: Expression }
  | {
      readonly op: 'hmac'
      readonly digest: Digest
      readonly key: Expression
      readonly of: Expression
    }
  | { readonly op: BytesFunction; readonly of: Expression }

/** What the names in an expression stand for. */
export interface KnownBytes {
  readonly password: Uint8Array
  /** The password as characters. */
  readonly typed: string
  readonly salt: Uint8Array
}

/** Reads like the formula that it stands for: `hex(digest('sha256', PASSWORD))`. */
export const PASSWORD: Expression = { op: 'password' }
export const SALT: Expression = { op: 'salt' }
/** In memory of its own: a Buffer's can be shared with others, and all of it would be posted to a thread. */
export const bytes = (text: string): Expression => ({
  op: 'bytes',
  bytes: new TextEncoder().encode(text),
})
export const concat = (...of: readonly Expression[]): Expression => ({ op: 'concat', of })
export const digest = (name: Digest | 'md4', of: Expression): Expression => ({
  op: 'digest',
  digest: name,
  of,
})
export const hmac = (name: Digest, key: Expression, of: Expression): Expression => ({
  op: 'hmac',
  digest: name,
  key,
  of,
})
export const hex = (of: Expression): Expression => ({ op: 'hex', of })
export const base64 = (of: Expression): Expression => ({ op: 'base64', of })
export const trim = (of: Expression): Expression => ({ op: 'trim', of })
/** As Windows has text. */
export const UTF_16_PASSWORD: Expression = { op: 'typed', form: 'utf-16le' }

/** How many digests it takes: those of an HMAC are two. */
export const digestsIn = (expression: Expression): number => {
  switch (expression.op) {
    case 'concat':
      return expression.of.reduce((sum, part) => sum + digestsIn(part), 0)
    case 'digest':
      return 1 + digestsIn(expression.of)
    case 'hmac':
      return 2 + digestsIn(expression.key) + digestsIn(expression.of)
    default:
      return 'of' in expression ? digestsIn(expression.of) : 0
  }
}

const encodeTyped = (typed: string, form: TypedForm): Uint8Array =>
  encodePassword(typed, form) ?? unguessable(typed.length)

/** Never throws for a tree that was checked when it was made. */
export const evaluate = (expression: Expression, values: KnownBytes): Uint8Array => {
  const of = (part: Expression): Uint8Array => evaluate(part, values)
  switch (expression.op) {
    case 'password':
      return values.password
    case 'typed':
      return encodeTyped(values.typed, expression.form)
    case 'salt':
      return values.salt
    case 'bytes':
      return expression.bytes
    case 'concat':
      return Buffer.concat(expression.of.map(of))
    case 'digest':
      if (expression.digest === 'md4') return md4(of(expression.of))
      return hash(expression.digest, of(expression.of), 'buffer')
    case 'hmac':
      return createHmac(expression.digest, of(expression.key)).update(of(expression.of)).digest()
    default:
      return FUNCTIONS[expression.op](Buffer.from(of(expression.of)))
  }
}
