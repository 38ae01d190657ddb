/** What is computed from a password before it is hashed, or as the hash: a tree of functions on bytes. */
import { createHmac, hash } from 'node:crypto'

/** The names of node:crypto. */
export type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

export type Expression =
  | { readonly op: 'password' }
  | { readonly op: 'salt' }
  | { readonly op: 'bytes'; readonly bytes: Uint8Array }
  | { readonly op: 'concat'; readonly of: readonly Expression[] }
  | { readonly op: 'digest'; readonly digest: Digest; readonly of: Expression }
  | {
      readonly op: 'hmac'
      readonly digest: Digest
      readonly key: Expression
      readonly of: Expression
    }
  | { readonly op: 'hex' | 'base64' | 'trim'; readonly of: Expression }

/** What the names in an expression stand for. */
export interface KnownBytes {
  readonly password: Uint8Array
  readonly salt: Uint8Array
}

/** Reads like the formula that it stands for: `hex(digest('sha256', PASSWORD))`. */
export const PASSWORD: Expression = { op: 'password' }
export const SALT: Expression = { op: 'salt' }
export const bytes = (text: string): Expression => ({ op: 'bytes', bytes: Buffer.from(text) })
export const concat = (...of: readonly Expression[]): Expression => ({ op: 'concat', of })
export const digest = (name: Digest, of: Expression): Expression => ({
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

/** What PHP's trim() removes at both ends, which is less than JavaScript's: no form feed, and only ASCII. */
const PHP_BLANKS: readonly number[] = [...Buffer.from(' \t\n\r\0\v')]
const isText = (byte: number): boolean => !PHP_BLANKS.includes(byte)

/** A copy: what is trimmed may be wiped before the result is used. */
const trimmed = (of: Uint8Array): Uint8Array =>
  of.slice(Math.max(of.findIndex(isText), 0), of.findLastIndex(isText) + 1)

/** Never throws for a tree that was checked when it was made. */
export const evaluate = (expression: Expression, values: KnownBytes): Uint8Array => {
  const of = (part: Expression): Uint8Array => evaluate(part, values)
  switch (expression.op) {
    case 'password':
      return values.password
    case 'salt':
      return values.salt
    case 'bytes':
      return expression.bytes
    case 'concat':
      return Buffer.concat(expression.of.map(of))
    case 'digest':
      return hash(expression.digest, of(expression.of), 'buffer')
    case 'hmac':
      return createHmac(expression.digest, of(expression.key)).update(of(expression.of)).digest()
    case 'trim':
      return trimmed(Uint8Array.from(of(expression.of)))
    case 'hex':
    case 'base64':
      return Buffer.from(Buffer.from(of(expression.of)).toString(expression.op))
  }
}
