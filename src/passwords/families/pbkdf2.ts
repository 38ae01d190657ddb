/** The family of PBKDF2's encoded hashes: a table of the notations of the systems that write them. */
import { DIGEST_BYTES, type Digest } from '../expression.ts'
import { costOf, type Family, type Inspection, type Pbkdf2Plan } from '../family.ts'
import { HEX, inBase64, readKey, textBytes, wholeNumber, type Encoding } from '../notation.ts'

const DIGESTS: readonly Digest[] = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']

/** A shorter key could be guessed, or is the rest of one that was cut off: an empty one equals every other. */
const MIN_KEY_BYTES = 16

const MALFORMED = { flaw: 'malformed' } as const

export const pbkdf2Plan = (
  digest: Digest,
  iterations: number,
  salt: Uint8Array,
  want: Uint8Array,
): Inspection<Pbkdf2Plan> => {
  if (iterations < 1 || want.length < MIN_KEY_BYTES) return MALFORMED
  const blocks = Math.ceil(want.length / DIGEST_BYTES[digest])
  const kind = { name: `pbkdf2-${digest}`, cost: costOf(iterations * blocks) } as const
  return { core: 'pbkdf2', kind, digest, iterations, salt, want }
}

interface Notation {
  /** Its groups: `digest`, `iterations`, `length`, `salt`, `key`. */
  readonly grammar: RegExp
  readonly readSalt?: (text: string) => Uint8Array | undefined
  readonly key: Encoding
  /** What the strings do not say. */
  readonly digest?: Digest
  readonly iterations?: number
  /** Where neither the string nor the digest says it. */
  readonly keyBytes?: number
  /** Where the salt is the first bytes of what is written as the key. */
  readonly saltBytes?: number
}

const PADDED = inBase64('base64')
const UNPADDED = inBase64('base64-unpadded')
const DOTS = inBase64('base64-dots')

const NOTATIONS: readonly Notation[] = [
  // Django: PBKDF2PasswordHasher and PBKDF2SHA1PasswordHasher.
  {
    grammar: /^pbkdf2_(?<digest>[a-z\d]+)\$(?<iterations>\d+)\$(?<salt>[^$]+)\$(?<key>[^$]*)$/,
    readSalt: textBytes,
    key: PADDED,
  },
  // Werkzeug: generate_password_hash. It compares the key as text.
  {
    grammar: /^pbkdf2:(?<digest>[a-z\d]+):(?<iterations>\d+)\$(?<salt>[^$]+)\$(?<key>[\da-f]*)$/,
    readSalt: textBytes,
    key: HEX,
  },
  // passlib: pbkdf2_sha1 (which names no digest), pbkdf2_sha256 and pbkdf2_sha512.
  {
    grammar:
      /^\$pbkdf2(?:-(?<digest>[a-z\d]+))?\$(?<iterations>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
    digest: 'sha1',
    readSalt: DOTS.read,
    key: DOTS,
  },
  // The PHC string format.
  {
    grammar:
      /^\$pbkdf2-(?<digest>[a-z\d]+)\$i=(?<iterations>\d+),l=(?<length>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
    readSalt: UNPADDED.read,
    key: UNPADDED,
  },
  // OpenLDAP's pw-pbkdf2, and passlib's ldap_pbkdf2.
  {
    grammar:
      /^\{PBKDF2(?:-(?<digest>[A-Z\d]+))?\}(?<iterations>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
    digest: 'sha1',
    readSalt: DOTS.read,
    key: DOTS,
  },
  // Dovecot.
  {
    grammar: /^\{PBKDF2\}\$1\$(?<salt>[^$]+)\$(?<iterations>\d+)\$(?<key>[^$]*)$/,
    digest: 'sha1',
    readSalt: textBytes,
    key: HEX,
  },
  // Atlassian: DefaultPasswordEncoder of Jira, Confluence and Crowd.
  {
    grammar: /^\{PKCS5S2\}(?<key>[^$]*)$/,
    digest: 'sha1',
    iterations: 10_000,
    key: PADDED,
    saltBytes: 16,
    keyBytes: 32,
  },
  // MediaWiki: Pbkdf2PasswordUsingOpenSSL.
  {
    grammar:
      /^:pbkdf2:(?<digest>[a-z\d]+):(?<iterations>\d+):(?<length>\d+):(?<salt>[^:]*):(?<key>[^:]*)$/,
    readSalt: PADDED.read,
    key: PADDED,
  },
  // Crackstation's PasswordStorage, and its older PasswordHash in Java.
  {
    grammar: /^(?<digest>sha1):(?<iterations>\d+):(?<length>18):(?<salt>[^:]*):(?<key>[^:]*)$/,
    readSalt: PADDED.read,
    key: PADDED,
  },
  {
    grammar: /^(?<iterations>\d+):(?<salt>[\da-f]{48}):(?<key>[\da-f]*)$/,
    digest: 'sha1',
    readSalt: HEX.read,
    key: HEX,
    keyBytes: 24,
  },
  // Spring Security: Pbkdf2PasswordEncoder without a secret, with the defaults of 5.5 and of 5.8.
  {
    grammar: /^\{pbkdf2\}(?<key>[^$]*)$/,
    digest: 'sha1',
    iterations: 185_000,
    key: HEX,
    saltBytes: 8,
    keyBytes: 32,
  },
  {
    grammar: /^\{pbkdf2@SpringSecurity_v5_8\}(?<key>[^$]*)$/,
    digest: 'sha256',
    iterations: 310_000,
    key: HEX,
    saltBytes: 16,
    keyBytes: 32,
  },
]

const digestNamed = (name: string | undefined): Digest | undefined =>
  DIGESTS.find((digest) => digest === name?.toLowerCase())

type Groups = Readonly<Record<string, string | undefined>>

const keyBytesOf = ({ keyBytes }: Notation, { length }: Groups, digest: Digest): number =>
  length === undefined ? (keyBytes ?? DIGEST_BYTES[digest]) : (wholeNumber(length) ?? 0)

const read = (notation: Notation, groups: Groups): Inspection<Pbkdf2Plan> => {
  const { readSalt = textBytes, saltBytes = 0 } = notation
  const digest = digestNamed(groups['digest'] ?? notation.digest)
  const iterations = notation.iterations ?? wholeNumber(groups['iterations'])
  const salt = readSalt(groups['salt'] ?? '')
  if (!digest || !iterations || !salt) return MALFORMED
  const bytes = saltBytes + keyBytesOf(notation, groups, digest)
  const stored = readKey(groups['key'] ?? '', notation.key, [bytes])
  if ('flaw' in stored) return stored
  const wholeSalt = Uint8Array.of(...salt, ...stored.slice(0, saltBytes))
  return pbkdf2Plan(digest, iterations, wholeSalt, stored.slice(saltBytes))
}

export const pbkdf2: Family<Pbkdf2Plan> = {
  identifier: 'pbkdf2',
  /** Of the strings that only colons divide, those of Crackstation's length alone: the others can be anybody's. */
  claims:
    /^(?:pbkdf2[_:]|\$pbkdf2[-$]|\{PBKDF2|\{PKCS5S2|\{pbkdf2[@}]|:pbkdf2:|sha1:[^:]*:\d*:[^:]*:|\d+:[\da-f]{48}:)/,

  parse(encoded) {
    for (const notation of NOTATIONS) {
      const groups = notation.grammar.exec(encoded)?.groups
      if (groups) return read(notation, groups)
    }
    return MALFORMED
  },
}
