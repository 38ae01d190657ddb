/** Counts what encoded hashes are: by kind where they can be checked, otherwise by what is wrong, with the remedy. */
import type { Flaw, Kind } from './family.ts'
import { inspect, type HashSettings } from './registry.ts'

export interface TallyRow {
  /** Words for a person: a kind, a flaw or the shape of the string. Nothing of a hash is in them. */
  readonly what: string
  readonly count: number
  /** Absent where the hashes can be checked. */
  readonly remedy?: string
}

/** As the hook's log names it, with a rounded cost, and its memory where that is a lot. */
export const describeKind = ({ name, cost, mib = 0 }: Kind): string =>
  `${name} cost ${Math.round(cost)}${mib > 0 ? `, ${mib} MiB` : ''}`

interface Described {
  readonly what: string
  readonly remedy: string
}

const FORMAT = 'LEGACY_HASH_FORMAT says how such a hash is made, for example'
const UNSUPPORTED = 'This family is not supported: these people need a new password.'
const LOCKED = 'The old system let nobody in with such a hash: these people need a new password.'

const PLAIN =
  'LEGACY_HASH_PLAIN=true checks passwords that the store keeps in plain text. Import them with their passwords, if you can.'

const named = (preset: string, system: string): string =>
  `If ${system} made these hashes, set LEGACY_HASH_FORMAT=${preset}.`

const shape = (pattern: RegExp, what: string, remedy: string) => ({ pattern, what, remedy })

/** What can be told of a string that no family claims. The first that matches counts. */
const SHAPES = [
  shape(/^\s*$/, 'no hash (NULL or empty)', 'These accounts have no password in this store.'),
  shape(/^\$fbscrypt\$/, "Firebase's scrypt", 'Set FIREBASE_SIGNER_KEY.'),
  shape(/^(\{crypt\})?\$g?y\$/i, 'yescrypt', UNSUPPORTED),
  shape(/^(\{crypt\})?\$md5[$,]/i, 'SunMD5 crypt', UNSUPPORTED),
  shape(/^(\{crypt\})?\$sha1\$/i, 'SHA-1 crypt', UNSUPPORTED),
  shape(/^(\{crypt\})?\$3\$/i, 'NT crypt', UNSUPPORTED),
  shape(/^(\{crypt\})?\$2\$/i, 'bcrypt of 1997', UNSUPPORTED),
  shape(/^(\{crypt\})?_[\w./]{19}$/i, 'BSDi crypt', UNSUPPORTED),
  shape(/^(\{(des-)?crypt\})?[\w./]{13}$/i, 'DES crypt', UNSUPPORTED),
  shape(/^(\{crypt\})?(!|\*+$|\*LK\*)/i, 'a locked account', LOCKED),
  shape(/^\{(noop|PLAIN|plain|CLEAR(TEXT)?|clear(text)?)\}/, 'plain text', PLAIN),
  shape(/^[\da-f]{32}$/i, '32 hexadecimal digits', `${FORMAT} $hash = md5($pass)`),
  shape(/^[\da-f]{40}$/i, '40 hexadecimal digits', `${FORMAT} $hash = sha1($pass)`),
  shape(/^[\da-f]{80}$/i, '80 hexadecimal digits', named('spring-standard', 'Spring')),
  shape(/^[\da-f]{64}$/i, '64 hexadecimal digits', `${FORMAT} $hash = sha256($pass)`),
  shape(/^[\da-f]{128}$/i, '128 hexadecimal digits', `${FORMAT} $hash = sha512($pass)`),
  shape(/^[A-Za-z\d+/]{32}$/, 'base64 of 24 bytes', named('jasypt-basic', 'jasypt')),
  shape(/^[A-Za-z\d+/]{64}$/, 'base64 of 48 bytes', named('jasypt-strong', 'jasypt')),
  shape(/^[A-Za-z\d+/]{22}==$/, 'base64 of 16 bytes', `${FORMAT} $hash = base64(md5($pass))`),
  shape(/^[A-Za-z\d+/]{27}=$/, 'base64 of 20 bytes', `${FORMAT} $hash = base64(sha1($pass))`),
  shape(/^[A-Za-z\d+/]{43}=$/, 'base64 of 32 bytes', `${FORMAT} $hash = base64(sha256($pass))`),
  shape(/^[A-Za-z\d+/]{86}==$/, 'base64 of 64 bytes', `${FORMAT} $hash = base64(sha512($pass))`),
  shape(
    /^[A-Za-z\d+/]{86}==:[^{}]+$/,
    'base64 of 64 bytes and a salt',
    named('symfony-sha512-5000', 'Symfony'),
  ),
  shape(
    /^[A-Za-z\d+/]{22}==:[A-Za-z\d+/]{43}=$/,
    'base64 of 16 and of 32 bytes',
    named('aspnet-membership-hmacsha256', 'ASP.NET Membership'),
  ),
  shape(
    /^[\da-f]{64}:[^:]+:([01]:)*(2|3_[\d_]+):/,
    "Magento's argon2 of a hash of argon2",
    UNSUPPORTED,
  ),
  shape(/^[^:$]+:[^:]+$/, 'two parts with a colon', `${FORMAT} $hash:$salt = md5($salt.$pass)`),
]

const UNKNOWN: Described = {
  what: 'unrecognised',
  remedy: `Look at these rows. ${FORMAT} $hash = sha256($pass)`,
}

const UNBOUNDED = { bcryptCost: Infinity, maxMs: Infinity, maxMib: Infinity }

/** A hash that costs too much: what it is, and which limit keeps it out. */
const describeCostly = (encoded: string, settings: HashSettings): Described => {
  const found = inspect(encoded, { ...settings, ...UNBOUNDED })
  if ('flaw' in found) return UNKNOWN
  const { kind } = found
  const what = `${describeKind(kind)}, too costly`
  if (kind.name === 'bcrypt') return { what, remedy: 'BCRYPT_MAX_COST is the limit.' }
  const needs = kind.mib ?? 0
  if (needs > settings.maxMib) return { what, remedy: `Set HASH_MAX_MIB=${needs}, or more.` }
  return { what, remedy: 'HASH_MAX_MS is the limit.' }
}

const FLAWS: Readonly<Record<Exclude<Flaw, 'unrecognised' | 'out_of_bounds'>, string>> = {
  malformed: 'Look at these rows: the hash is damaged.',
  truncated: 'The hash is cut off. Is the column too narrow?',
  padded: 'There is white space or NULs around the hash. Trim it in the lookup.',
}

const describeFlaw = (flaw: Flaw, encoded: string, settings: HashSettings): Described => {
  if (flaw === 'out_of_bounds') return describeCostly(encoded, settings)
  if (flaw === 'unrecognised') return SHAPES.find(({ pattern }) => pattern.test(encoded)) ?? UNKNOWN
  return { what: flaw, remedy: FLAWS[flaw] }
}

/** Describes one encoded hash, in words that hold nothing of it. */
export const describeEncoded = (
  encoded: string,
  settings: HashSettings,
): { readonly what: string; readonly remedy?: string } => {
  const found = inspect(encoded, settings)
  if (!('flaw' in found)) return { what: describeKind(found.kind) }
  const { what, remedy } = describeFlaw(found.flaw, encoded.slice(0, 200), settings)
  return { what, remedy }
}

/** The rows, the most frequent first. */
export const tallyHashes = (hashes: readonly string[], settings: HashSettings): TallyRow[] => {
  const rows = new Map<string, TallyRow>()
  for (const encoded of hashes) {
    const described = describeEncoded(encoded, settings)
    const { count = 0 } = rows.get(described.what) ?? {}
    rows.set(described.what, { ...described, count: count + 1 })
  }
  return [...rows.values()].sort((a, b) => b.count - a.count)
}
