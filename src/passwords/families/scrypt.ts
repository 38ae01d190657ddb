/** The family of scrypt's encoded hashes: a table of the notations of the systems that write them. */
import { costOf, type Family, type Inspection, type ScryptPlan } from '../family.ts'
import {
  HEX,
  inBase64,
  readHex,
  readKey,
  textBytes,
  wholeNumber,
  type Encoding,
} from '../notation.ts'

const MALFORMED = { flaw: 'malformed' } as const

interface Parameters {
  readonly n: number
  readonly r: number
  readonly p: number
}

/** What OpenSSL allocates, and asks to be allowed. */
export const scryptBytes = ({ n, r, p }: Parameters): number => 128 * r * (n + p + 2)

/** RFC 7914, section 2. Where r·p is 2^30 or more, which OpenSSL refuses too, the work is out of all bounds. */
const areSound = ({ n, r, p }: Parameters): boolean => {
  const ln = Math.round(Math.log2(n))
  return n === 2 ** ln && ln > 0 && ln < 16 * r && p > 0
}

/**
 * The memory is rounded down: N = 2^17 with r = 8 is what everybody calls 128 MiB, though OpenSSL takes 3 KiB more,
 * and less than one MiB is none.
 */
export const scryptPlan = (
  { n, r, p }: Parameters,
  values: Pick<ScryptPlan, 'salt' | 'want' | 'seal'>,
): Inspection<ScryptPlan> => {
  if (!areSound({ n, r, p })) return MALFORMED
  const mib = Math.floor(scryptBytes({ n, r, p }) / 2 ** 20)
  return {
    core: 'scrypt',
    kind: { name: 'scrypt', cost: costOf(n * r * p), mib },
    n,
    r,
    p,
    ...values,
  }
}

const CRYPT_DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** One number of any length, its lowest digit first. */
const cryptNumber = (text: string): bigint =>
  Array.from(text).reduceRight((sum, digit) => sum * 64n + BigInt(CRYPT_DIGITS.indexOf(digit)), 0n)

const CRYPT: Encoding = {
  bitsPerDigit: 6,
  read(text) {
    const bytes = Math.floor((text.length * 6) / 8)
    return readHex(
      cryptNumber(text)
        .toString(16)
        .padStart(2 * bytes, '0'),
    )?.reverse()
  },
}

interface Notation {
  /** Its groups: `n` or its logarithm `ln`, `r`, `p`, `salt`, `key`. */
  readonly grammar: RegExp
  /** Of digits that the grammar admits; decimal ones by default. */
  readonly readNumber?: (digits: string) => number | undefined
  readonly readSalt: (text: string) => Uint8Array | undefined
  readonly key: Encoding
  readonly keyBytes: readonly number[]
}

const PADDED = inBase64('base64')
const UNPADDED = inBase64('base64-unpadded')

const NOTATIONS: readonly Notation[] = [
  // Django: ScryptPasswordHasher.
  {
    grammar: /^scrypt\$(?<n>\d+)\$(?<salt>[^$]+)\$(?<r>\d+)\$(?<p>\d+)\$(?<key>[^$]*)$/,
    readSalt: textBytes,
    key: PADDED,
    keyBytes: [64],
  },
  // Werkzeug: generate_password_hash. It compares the key as text.
  {
    grammar: /^scrypt:(?<n>\d+):(?<r>\d+):(?<p>\d+)\$(?<salt>[^$]+)\$(?<key>[\da-f]*)$/,
    readSalt: textBytes,
    key: HEX,
    keyBytes: [64],
  },
  // The PHC string format. passlib and most others write 32 bytes; 64 is the default of many libraries.
  {
    grammar: /^\$scrypt\$ln=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
    readSalt: UNPADDED.read,
    key: UNPADDED,
    keyBytes: [32, 64],
  },
  // crypt(3), and crypto_pwhash_scryptsalsa208sha256_str of libsodium. passlib's salts have a `+`.
  {
    grammar:
      /^\$7\$(?<ln>[./\dA-Za-z])(?<r>[./\dA-Za-z]{5})(?<p>[./\dA-Za-z]{5})(?<salt>[^$]*)\$(?<key>[./\dA-Za-z]*)$/,
    readNumber: (digits) => Number(cryptNumber(digits)),
    readSalt: textBytes,
    key: CRYPT,
    keyBytes: [32],
  },
  // Spring Security: SCryptPasswordEncoder, whose parameters are one number.
  {
    grammar:
      /^\{scrypt(?:@SpringSecurity_v5_8)?\}\$(?<ln>[1-9a-f][\da-f]{0,3})(?<r>[\da-f]{2})(?<p>[\da-f]{2})\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
    readNumber: (digits) => parseInt(digits, 16),
    readSalt: PADDED.read,
    key: PADDED,
    keyBytes: [32],
  },
]

type Groups = Readonly<Record<string, string | undefined>>

/** @returns NaN in place of what is no number, which makes no plan */
export const readParameters = (
  { n, ln, r, p }: Groups,
  readNumber: (digits: string) => number | undefined = wholeNumber,
): Parameters => {
  const number = (digits = ''): number => readNumber(digits) ?? NaN
  return { n: n === undefined ? 2 ** number(ln) : number(n), r: number(r), p: number(p) }
}

const read = (notation: Notation, groups: Groups): Inspection<ScryptPlan> => {
  const salt = notation.readSalt(groups['salt'] ?? '')
  const want = readKey(groups['key'] ?? '', notation.key, notation.keyBytes)
  if (!salt) return MALFORMED
  if ('flaw' in want) return want
  return scryptPlan(readParameters(groups, notation.readNumber), { salt, want })
}

export const scrypt: Family<ScryptPlan> = {
  identifier: 'scrypt',
  claims: /^(?:scrypt[$:]|\$scrypt\$|\$7\$|\{scrypt[@}])/,

  parse(encoded) {
    for (const notation of NOTATIONS) {
      const groups = notation.grammar.exec(encoded)?.groups
      if (groups) return read(notation, groups)
    }
    return MALFORMED
  },
}
