/** The families of bcrypt's hashes behind a prefix, some of which say that a digest of the password was hashed. */
import { base64, bytes, digest, hex, hmac, PASSWORD, trim, type Expression } from '../expression.ts'
import type { BcryptPlan, Family } from '../family.ts'
import { wholeNumber } from '../notation.ts'
import { bcrypt } from './bcrypt.ts'

/** What bcrypt's own family makes of it, but for the input. */
const readBcrypt = (
  encoded: string,
  input?: Expression,
): ReturnType<Family<BcryptPlan>['parse']> => {
  const found = bcrypt.parse(encoded)
  return 'flaw' in found || !input ? found : { ...found, input }
}

/** @param claims the prefix, behind which is all that bcrypt writes */
const behind = (identifier: string, claims: RegExp, input?: Expression): Family<BcryptPlan> => ({
  identifier,
  claims,
  parse: (encoded) => readBcrypt(encoded.replace(claims, ''), input),
})

/** WordPress 6.8 (wp_hash_password): the digest is shorter than the 72 bytes that bcrypt reads, and holds no NUL. */
const WORDPRESS = base64(hmac('sha384', bytes('wp-sha384'), trim(PASSWORD)))

export const wordpressBcrypt = behind('wordpress-bcrypt', /^\$wp(?=\$2)/, WORDPRESS)

/** passlib.hash.bcrypt_sha256: `2b,12` in its first version, `v=2,t=2b,r=12` in its second; the salt as in bcrypt. */
const PASSLIB =
  /^\$bcrypt-sha256\$(?:(?<old>2[ab]),|v=2,t=2b,r=)(?<cost>\d+)\$(?<salt>[./A-Za-z0-9]{22})\$(?<hash>.*)$/

const passlib: Family<BcryptPlan> = {
  identifier: 'bcrypt-sha256-passlib',
  claims: /^\$bcrypt-sha256\$/,

  parse(encoded) {
    const { old, cost, salt = '', hash = '' } = PASSLIB.exec(encoded)?.groups ?? {}
    const rounds = wholeNumber(cost)
    if (rounds === undefined) return { flaw: 'malformed' }
    const setting = `$${old ?? '2b'}$${String(rounds).padStart(2, '0')}$${salt}`
    const key = old ? digest('sha256', PASSWORD) : hmac('sha256', bytes(salt), PASSWORD)
    return readBcrypt(setting + hash, base64(key))
  },
}

export const bcryptForms: readonly Family<BcryptPlan>[] = [
  /** Django, Spring, Dovecot, Nextcloud, Jenkins, and LDAP, whose `{CRYPT}` stands before all hashes of crypt(3). */
  behind(
    'bcrypt-wrapped',
    /^(?:bcrypt\$|\{(?:bcrypt|blf-crypt|BLF-CRYPT)\}|(?:\{(?:crypt|CRYPT)\}|1\||[Bb]crypt:|#jbcrypt:)(?=\$2))/,
  ),
  behind('bcrypt-sha256-django', /^bcrypt_sha256\$/, hex(digest('sha256', PASSWORD))),
  wordpressBcrypt,
  passlib,
]
