/** The families of digests whose strings say how they were made: a table of the notations of the systems that write them. */
import {
  bytes,
  concat,
  digest,
  DIGEST_BYTES,
  hex,
  PASSWORD,
  SALT,
  UTF_16_PASSWORD,
  type Digest,
  type Expression,
} from '../../expression.ts'
import { digestPlan, type DigestPlan, type Family } from '../../family.ts'
import { HEX, readHex, readKey, textBytes } from '../../notation.ts'
import { ldapDigest } from '../ldap-digest.ts'

interface Notation {
  readonly claims: RegExp
  /** Its groups: `salt` and `key`, which has lower-case digits where the system compares it as text. */
  readonly grammar: RegExp
  readonly digest: Digest | 'md4'
  /** What is hashed by it. */
  readonly of: Expression
  readonly readSalt?: (text: string) => Uint8Array | undefined
}

/** Django: SHA1PasswordHasher, MD5PasswordHasher and those without a salt. */
const django = (name: 'md5' | 'sha1'): Notation => ({
  claims: new RegExp(String.raw`^${name}\$`),
  grammar: new RegExp(String.raw`^${name}\$(?<salt>[^$]*)\$(?<key>[\da-f]*)$`),
  digest: name,
  of: concat(SALT, PASSWORD),
})

/**
 * Spring Security: MessageDigestPasswordEncoder and Md4PasswordEncoder. The braces of the salt are hashed with it.
 * `{MD5}` without a salt is also LDAP's, which has it.
 */
const spring = (
  id: string,
  name: Digest | 'md4',
  claims = new RegExp(`^\\{${id}\\}`),
): Notation => ({
  claims,
  grammar: new RegExp(String.raw`^\{${id}\}(?<salt>(?:\{[^}]*\})?)(?<key>[\da-f]*)$`),
  digest: name,
  of: concat(PASSWORD, SALT),
})

const DOUBLE_MD5 = concat(SALT, bytes('-'), hex(digest('md5', PASSWORD)))

const NOTATIONS: Readonly<Record<string, Notation>> = {
  'django-md5': django('md5'),
  'django-sha1': django('sha1'),
  'spring-md4': spring('MD4', 'md4'),
  'spring-md5': spring('MD5', 'md5', /^\{MD5\}\{/),
  'spring-sha1': spring('SHA-1', 'sha1'),
  'spring-sha256': spring('SHA-256', 'sha256'),
  // MediaWiki: MWOldPassword and MWSaltedPassword.
  'mediawiki-a': {
    claims: /^:A:/,
    grammar: /^:A:(?<key>[\da-f]*)$/,
    digest: 'md5',
    of: PASSWORD,
  },
  'mediawiki-b': {
    claims: /^:B:/,
    grammar: /^:B:(?<salt>[^:]*):(?<key>[\da-f]*)$/,
    digest: 'md5',
    of: DOUBLE_MD5,
  },
  // MySQL 4.1: PASSWORD(), and what mysql_native_password keeps. A few stars or words are locked accounts.
  mysql41: {
    claims: /^\*[\da-f]{12}/i,
    grammar: /^\*(?<key>[\da-f]*)$/i,
    digest: 'sha1',
    of: digest('sha1', PASSWORD),
  },
  // SQL Server 2005. That of 2000 has the hash of the password in upper case behind it, which is not looked at.
  'mssql-2005': {
    claims: /^0x0100/i,
    grammar: /^0x0100(?<salt>[\da-f]{8})(?<key>[\da-f]{0,40})(?:[\da-f]{40})?$/i,
    digest: 'sha1',
    of: concat(UTF_16_PASSWORD, SALT),
    readSalt: readHex,
  },
  // SQL Server 2012.
  'mssql-2012': {
    claims: /^0x0200/i,
    grammar: /^0x0200(?<salt>[\da-f]{8})(?<key>[\da-f]*)$/i,
    digest: 'sha512',
    of: concat(UTF_16_PASSWORD, SALT),
    readSalt: readHex,
  },
}

const familyOf = (identifier: string, notation: Notation): Family<DigestPlan> => {
  const { claims, grammar, digest: name, of, readSalt = textBytes } = notation
  const input = digest(name, of)
  return {
    identifier,
    claims,
    parse(encoded) {
      const { salt: text = '', key } = grammar.exec(encoded)?.groups ?? {}
      const salt = readSalt(text)
      if (key === undefined || !salt) return { flaw: 'malformed' }
      const want = readKey(key, HEX, [DIGEST_BYTES[name]])
      return 'flaw' in want ? want : digestPlan(input, salt, want)
    },
  }
}

/** Spring Security: LdapShaPasswordEncoder. What has no scheme behind its id is plain text. */
const SPRING_LDAP = /^\{ldap\}(?=\{S?SHA\})/i

const springLdap: Family<DigestPlan> = {
  identifier: 'spring-ldap',
  claims: SPRING_LDAP,
  parse: (encoded) => ldapDigest.parse(encoded.replace(SPRING_LDAP, '')),
}

export const selfDescribedDigests: readonly Family<DigestPlan>[] = [
  ...Object.entries(NOTATIONS).map(([identifier, notation]) => familyOf(identifier, notation)),
  springLdap,
]
