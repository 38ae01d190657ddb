/** The family of LDAP's digests, salted or not, as OpenLDAP and Dovecot write them (RFC 2307 and what followed it). */
import { concat, digest, DIGEST_BYTES, PASSWORD, SALT, type Digest } from '../expression.ts'
import { digestPlan, type DigestPlan, type Family } from '../family.ts'
import { readBase64, readHex } from '../notation.ts'

const DIGESTS: Readonly<Record<string, Digest>> = {
  MD5: 'md5',
  SHA: 'sha1',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
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
    const name = DIGESTS[scheme.toUpperCase()] ?? 'md5'
    const size = DIGEST_BYTES[name]
    const text = encoded.slice(prefix.length)
    if (text.length < 4 * Math.ceil(size / 3) && CUT.test(text)) return { flaw: 'truncated' }
    const found = salted ? readBase64(text, 'base64') : read(text, size)
    const isWhole = salted ? (found?.length ?? 0) > size : found?.length === size
    if (!found || !isWhole) return { flaw: 'malformed' }
    const input = digest(name, salted ? concat(PASSWORD, SALT) : PASSWORD)
    return digestPlan(input, found.slice(size), found.slice(0, size))
  },
}
