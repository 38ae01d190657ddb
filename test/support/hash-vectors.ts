/** The vectors of all hash families, made by other implementations: see test/vectors/hashes/README.md. */
import { readFileSync } from 'node:fs'
import type { HashSecrets, Outcome } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, type HashSettings } from '../../src/passwords/registry.ts'
import { compileTemplates } from '../../src/passwords/templates/templates.ts'

export interface HashVector {
  readonly family: string
  readonly encoded: string
  readonly password: string
  /** `malformed` stands for every flaw by which nothing is computed, but `out_of_bounds`. */
  readonly expect: 'match' | 'mismatch' | 'malformed' | 'out_of_bounds'
  readonly note: string
  readonly oracle: string
  /** What the string cannot say. */
  readonly config?: Readonly<Record<string, unknown>>
}

export const HASH_VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/hashes/hashes.json', import.meta.url), 'utf8'),
) as readonly HashVector[]

/** The families that are supported. The others are crypt(3) by DES and yescrypt, and their like. */
export const SUPPORTED: readonly string[] = [
  'ldap-digest',
  'bcrypt-wrapped',
  'bcrypt-sha256-django',
  'bcrypt-sha256-passlib',
  'wordpress-bcrypt',
  'argon2',
  'argon2-wrapped',
  'phpass',
  'md5crypt',
  'apr1',
  'sha256crypt',
  'sha512crypt',
  'ldap-crypt',
  'digest-template',
  'bcrypt-over-digest',
  'bcrypt-peppered',
  'kdf-template',
  'wordpress-slashes',
  'pbkdf2-atlassian',
  'pbkdf2-crackstation',
  'pbkdf2-django',
  'pbkdf2-keycloak',
  'pbkdf2-ldap',
  'pbkdf2-mediawiki',
  'pbkdf2-passlib',
  'pbkdf2-phc',
  'pbkdf2-spring',
  'pbkdf2-werkzeug',
  'aspnet-identity-v2',
  'aspnet-identity-v3',
  'scrypt-django',
  'scrypt-firebase',
  'scrypt-mcf7',
  'scrypt-phc',
  'scrypt-spring',
  'scrypt-werkzeug',
  'drupal7',
  'spring-digest',
  'django-digest',
  'mediawiki-digest',
  'mysql41',
  'mssql',
  'shiro1',
  'magento2',
  'symfony-digest',
  'jasypt',
  'aspnet-membership',
  'plain',
]

/** Spring's `secret`, which it appends to the salt: no setting has it, and its default is empty. */
const needsSecret = ({ config }: HashVector): boolean => config?.['secret'] !== undefined

/** LDAP's `{CRYPT}` before DES, which reads 8 bytes of a password and is not supported. */
const isDes = ({ encoded }: HashVector): boolean => /^\{CRYPT\}[./\dA-Za-z]{13}$/.test(encoded)

/** The vectors of supported families that are not supported themselves. */
const EXCEPTIONS = [needsSecret, isDes]

export const supportedVectors = HASH_VECTORS.filter(
  (vector) => SUPPORTED.includes(vector.family) && !EXCEPTIONS.some((is) => is(vector)),
)

/** Where the notation is a matter of taste, everything but a match will do. */
const isTaste = ({ note }: HashVector): boolean => /(^|: )either:/.test(note)

const FLAWS: readonly Outcome[] = ['unrecognised', 'malformed', 'truncated', 'padded']

export const agrees = (vector: HashVector, outcome: Outcome): boolean => {
  if (isTaste(vector)) return outcome !== 'match'
  return vector.expect === 'malformed' ? FLAWS.includes(outcome) : outcome === vector.expect
}

const UNDER: Readonly<Record<string, string>> = {
  'md5-hex': 'md5($pass)',
  'sha1-hex': 'sha1($pass)',
  'sha256-hex': 'sha256($pass)',
  'sha384-base64': 'base64(sha384($pass))',
  'sha512-base64': 'base64(sha512($pass))',
}

/** What LEGACY_HASH_FORMAT of such a server is. */
const formatFor = ({ config = {} }: HashVector): string => {
  const { format, under, pepper, dialect, preset } = config as Readonly<
    Record<string, string | undefined>
  >
  const { algorithm, iterations } = config
  if (preset === 'symfony') return `symfony-${String(algorithm)}-${String(iterations)}`
  if (preset !== undefined) return preset
  if (under !== undefined) return `$hash = bcrypt(${UNDER[under] ?? ''})`
  return format ?? dialect ?? (pepper === undefined ? '' : '$hash = bcrypt($pass.$pepper)')
}

const bytesOf = (base64: unknown): Uint8Array =>
  Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')

/** The keys of a Firebase project. */
const secretsFor = ({ config = {} }: HashVector): HashSecrets => {
  const { signer_key: signerKey, salt_separator: saltSeparator } = config
  if (signerKey === undefined) return {}
  return {
    firebase: { signerKey: bytesOf(signerKey), saltSeparator: bytesOf(saltSeparator) },
  }
}

/** The settings of a server whose store holds the hash. */
export const settingsFor = (vector: HashVector): HashSettings => ({
  ...DEFAULT_HASHES,
  ...secretsFor(vector),
  // Dovecot's own default takes 256 MiB.
  ...(vector.family === 'argon2-wrapped' && { maxMib: 256 }),
  plain: vector.family === 'plain',
  templates: compileTemplates(formatFor(vector), {
    bounds: DEFAULT_HASHES,
    pepper: vector.config?.['pepper'] as string | undefined,
  }),
})
