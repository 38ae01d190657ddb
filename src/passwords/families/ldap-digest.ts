/** The family of LDAP's digests, salted or not, as OpenLDAP and Dovecot write them (RFC 2307 and what followed it). */
import { concat, digest, PASSWORD, SALT, type Digest } from '../expression.ts'
import { costOf, type DigestPlan, type Family } from '../family.ts'
import { readBase64, readHex } from '../notation.ts'

/** Each with its length in bytes. */
const DIGESTS: Readonly<Record<string, readonly [Digest, number]>> = {
  MD5: ['md5', 16],
  SHA: ['sha1', 20],
  SHA256: ['sha256', 32],
  SHA384: ['sha384', 48],
  SHA512: ['sha512', 64],
}

/**
 * Case does not count. Behind a brace is Spring's salt, and 80 hexadecimal digits are Spring's salt and digest of
 * many rounds.
 */
const SCHEME = /^\{(S?)(MD5|SHA(?:256|384|512)?)\}(?!\{|[\da-f]{80}$)/i

const CUT = /^[A-Za-z0-9+/]*$/

/** In base 64 the digest and then the salt; Dovecot has hexadecimal digits too, for a digest alone. */
const read = (text: string, size: number): Uint8Array | undefined =>
  text.length === 2 * size ? readHex(text) : readBase64(text, 'base64')

export const ldapDigest: Family<DigestPlan> = {
  identifier: 'ldap-digest',
  claims: SCHEME,

  parse(encoded) {
    const [prefix = '', salted, scheme = ''] = SCHEME.exec(encoded) ?? []
    const [name, size] = DIGESTS[scheme.toUpperCase()] ?? ['md5', 0]
    const text = encoded.slice(prefix.length)
    if (text.length < 4 * Math.ceil(size / 3) && CUT.test(text)) return { flaw: 'truncated' }
    const found = salted ? readBase64(text, 'base64') : read(text, size)
    const isWhole = salted ? (found?.length ?? 0) > size : found?.length === size
    if (!found || !isWhole) return { flaw: 'malformed' }
    return {
      core: 'digest',
      kind: { name: 'digest', cost: costOf(1) },
      input: digest(name, salted ? concat(PASSWORD, SALT) : PASSWORD),
      salt: found.slice(size),
      want: found.slice(0, size),
    }
  },
}
