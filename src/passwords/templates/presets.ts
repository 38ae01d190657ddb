/** Formats that have a name, since no expression says what they do. */
import { DIGEST_BYTES, hmac, SALT, UTF_16_PASSWORD } from '../expression.ts'
import { argon2 } from '../families/argon2.ts'
import { bcrypt } from '../families/bcrypt.ts'
import { wordpressBcrypt } from '../families/bcrypt-forms.ts'
import { BARE_CHAINS, symfony } from '../families/digests/iterated.ts'
import { phpass } from '../families/phpass.ts'
import { costOf, digestPlan, type DigestPlan, type Family, type RoundsDigest } from '../family.ts'
import { readBase64, wholeNumber } from '../notation.ts'
import type { Form } from '../password-forms.ts'
import { BASE64_DIGITS } from './written.ts'

/** The same rows as the families, with more tries of each password. */
const withForms = (
  identifier: string,
  families: readonly Family[],
  forms: readonly Form[],
): Family => ({
  identifier,
  claims: new RegExp(families.map(({ claims }) => claims.source).join('|')),
  parse(encoded, secrets) {
    const found = families.find(({ claims }) => claims.test(encoded))?.parse(encoded, secrets)
    if (!found) return { flaw: 'malformed' }
    if ('flaw' in found) return found
    const cost = found.kind.cost + costOf(forms.length)
    return { ...found, forms, kind: { ...found.kind, cost } }
  },
})

/** .NET's HMACs have keys of as many bytes unless another is set. */
const HMAC_KEY_BYTES = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 } as const
type HmacDigest = keyof typeof HMAC_KEY_BYTES

/** ASP.NET Membership with a keyed hash: the salt is cut, or repeated, to the length of the key (EncodePassword). */
const aspnetMembership = (digest: HmacDigest): Family<DigestPlan> => {
  const [size, keyBytes] = [DIGEST_BYTES[digest], HMAC_KEY_BYTES[digest]]
  const claims = new RegExp(
    `^(?<salt>[A-Za-z\\d+/]+={0,2}):(?<key>${BASE64_DIGITS.pattern(size)})$`,
  )
  return {
    identifier: 'aspnet-membership',
    claims,
    parse(encoded) {
      const { salt: text = '', key = '' } = claims.exec(encoded)?.groups ?? {}
      const [salt, want] = [text, key].map((digits) => readBase64(digits, 'base64'))
      if (!salt || salt.length === 0 || want?.length !== size) return { flaw: 'malformed' }
      const repeated = Uint8Array.from({ length: keyBytes }, (_, i) => salt[i % salt.length] ?? 0)
      return digestPlan(hmac(digest, SALT, UTF_16_PASSWORD), repeated, want)
    },
  }
}

const NAMED: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['wordpress', withForms('wordpress', [bcrypt, wordpressBcrypt, phpass], ['utf-8', 'wordpress'])],
  ['phpbb', withForms('phpbb', [bcrypt, argon2, phpass], ['utf-8', 'phpbb'])],
  ...Object.entries(BARE_CHAINS),
  ...(Object.keys(HMAC_KEY_BYTES) as HmacDigest[]).map(
    (digest) => [`aspnet-membership-hmac${digest}`, aspnetMembership(digest)] as const,
  ),
])

/** Any digest and number of digests: `security.yaml` of the application has them. */
const SYMFONY = /^symfony-(?<digest>md5|sha1|sha256|sha384|sha512)-(?<iterations>\d+)$/

export interface Preset {
  readonly family: Family
  /** A row, where the name decides what a check costs. */
  readonly sample?: string
}

const symfonyPreset = (name: string): Preset | undefined => {
  const { digest, iterations: count } = SYMFONY.exec(name)?.groups ?? {}
  const iterations = wholeNumber(count)
  if (digest === undefined || !iterations) return undefined
  const family = symfony({ digest: digest as RoundsDigest, iterations })
  const size = DIGEST_BYTES[digest as RoundsDigest]
  return { family, sample: `${Buffer.alloc(size).toString('base64')}:salt` }
}

export const presetNamed = (name: string): Preset | undefined => {
  const family = NAMED.get(name)
  return family ? { family } : symfonyPreset(name)
}

/** To suggest one for a name that is none. */
export const PRESET_NAMES: readonly string[] = [...NAMED.keys(), 'symfony-sha512-5000']
