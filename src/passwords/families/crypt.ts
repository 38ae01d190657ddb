/** The family of crypt(3)'s hashes by MD5 (`$1$`, and Apache's `$apr1$`), SHA-256 (`$5$`) and SHA-512 (`$6$`). */
import { costOf, type CryptDigest, type CryptPlan, type Family } from '../family.ts'
import { readItoa64, textBytes, wholeNumber } from '../notation.ts'

interface Method {
  readonly digest: CryptDigest
  readonly saltLength: number
  readonly digits: number
  /** What Dovecot writes before it. */
  readonly scheme: string
  /** Where each of the bytes that are read belongs in the digest. */
  readonly order: readonly number[]
}

/** The bytes of the digest are written in threes, a third of it apart. */
const threes = (count: number, turn: (group: number) => number): number[] =>
  Array.from({ length: 3 * count }, (_, at) => {
    const group = Math.floor(at / 3)
    return group + count * ((2 - (at % 3) + turn(group)) % 3)
  })

const MD5 = {
  digest: 'md5',
  saltLength: 8,
  digits: 22,
  order: [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11],
} as const

const METHODS: Readonly<Record<string, Method>> = {
  1: { ...MD5, scheme: '{md5-crypt}' },
  apr1: { ...MD5, scheme: '' },
  5: {
    digest: 'sha256',
    saltLength: 16,
    digits: 43,
    scheme: '{sha256-crypt}',
    order: [...threes(10, (group) => 3 - (group % 3)), 30, 31],
  },
  6: {
    digest: 'sha512',
    saltLength: 16,
    digits: 86,
    scheme: '{sha512-crypt}',
    order: [...threes(21, (group) => group % 3), 63],
  },
}

/** A scheme of LDAP or Dovecot, in any case, and then the method. Behind `{CRYPT}` are hashes of other families, too. */
const SCHEME = /^\{(?:crypt\}(?=\$(?:1|apr1|5|6)\$)|(?:md5|sha256|sha512)-crypt\})/i
const METHOD = /^\$(1|apr1|5|6)\$/

/** Of SHA alone. A `rounds=` that breaks this grammar is no salt either (libxcrypt, crypt-sha512.c). */
const ROUNDS = /^rounds=(?<rounds>[^$]*)\$/

/** Printable ASCII but these (libxcrypt, check_badsalt_chars). */
const SALT = '(?:(?![$:;*!\\\\])[!-~])'
const SOUND = new RegExp(`^(?!rounds=)(?<salt>${SALT}*)\\$(?<want>[./0-9A-Za-z]*)$`)
const BEGINNING = new RegExp(`^${SALT}*$`)

/** What `$5$` and `$6$` have where they do not say it. */
const DEFAULT_ROUNDS = 5000
/** libxcrypt refuses others. glibc took the nearest of these, and wrote that into the hash. */
const ROUNDS_RANGE = { min: 1000, max: 999_999_999 }
const MD5_ROUNDS = 1000

const MALFORMED = { flaw: 'malformed' } as const
const TRUNCATED = { flaw: 'truncated' } as const

/** @returns undefined for a number that no implementation writes */
const readRounds = (digest: CryptDigest, said: string | undefined): number | undefined => {
  if (digest === 'md5') return said === undefined ? MD5_ROUNDS : undefined
  const rounds = said === undefined ? DEFAULT_ROUNDS : wholeNumber(said)
  const { min, max } = ROUNDS_RANGE
  return rounds !== undefined && rounds >= min && rounds <= max ? rounds : undefined
}

const readWant = ({ order }: Method, text: string): Uint8Array | undefined => {
  const bytes = readItoa64(text)
  if (bytes?.length !== order.length) return undefined
  const want = new Uint8Array(bytes.length)
  order.forEach((place, at) => (want[place] = bytes[at] ?? 0))
  return want
}

export const crypt: Family<CryptPlan> = {
  identifier: 'crypt',
  claims: new RegExp(`${SCHEME.source}|${METHOD.source}`, 'i'),

  parse(encoded) {
    const [scheme = ''] = SCHEME.exec(encoded) ?? []
    const [magic = '', name = ''] = METHOD.exec(encoded.slice(scheme.length)) ?? []
    const method = METHODS[name]
    if (!method || !['', '{crypt}', method.scheme].includes(scheme.toLowerCase())) return MALFORMED
    const setting = encoded.slice(scheme.length + magic.length)
    const [prefix = '', said] = ROUNDS.exec(setting) ?? []
    const rounds = readRounds(method.digest, said)
    const rest = setting.slice(prefix.length)
    const { salt = rest, want: text = '' } = SOUND.exec(rest)?.groups ?? {}
    if (rounds === undefined || salt.length > method.saltLength) return MALFORMED
    if (text.length < method.digits && BEGINNING.test(salt)) return TRUNCATED
    const want = readWant(method, text)
    if (!want) return MALFORMED
    return {
      core: 'crypt',
      kind: { name: `${method.digest}crypt`, cost: costOf(rounds) },
      digest: method.digest,
      rounds,
      magic: textBytes(magic),
      salt: textBytes(salt),
      want,
    }
  },
}
