/** The families of digests of digests, many times: Shiro's, Spring's, and those whose strings do not say so. */
import { bytes, concat, DIGEST_BYTES, PASSWORD, type Expression } from '../../expression.ts'
import { costOf, type ChainPlan, type Family, type RoundsDigest } from '../../family.ts'
import { HEX, inBase64, readKey, wholeNumber, type Encoding } from '../../notation.ts'
import type { Form } from '../../password-forms.ts'

const MALFORMED = { flaw: 'malformed' } as const
const BASE64 = inBase64('base64')

interface Iterated {
  readonly digest: RoundsDigest
  /** The number of digests. */
  readonly iterations: number
}

/** The digest of the salt and the password, and of each digest. */
const plainChain = (
  { digest, iterations }: Iterated,
  salt: Uint8Array,
  want: Uint8Array,
): ChainPlan => ({
  core: 'chain',
  kind: { name: `rounds-${digest}`, cost: costOf(iterations) },
  rounds: iterations - 1,
  repeats: false,
  ...{ digest, salt, want },
})

/** The names of Java. */
const JAVA_DIGESTS: Readonly<Record<string, RoundsDigest>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

const SHIRO = /^\$shiro1\$(?<digest>[A-Z\d-]+)\$(?<iterations>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)$/

/** Apache Shiro 1: Shiro1CryptFormat. */
export const shiro: Family<ChainPlan> = {
  identifier: 'shiro1',
  claims: /^\$shiro1\$/,

  parse(encoded) {
    const found = SHIRO.exec(encoded)?.groups ?? {}
    const digest = JAVA_DIGESTS[found['digest'] ?? '']
    const iterations = wholeNumber(found['iterations'])
    const salt = BASE64.read(found['salt'] ?? '')
    if (!digest || !iterations || !salt) return MALFORMED
    const want = readKey(found['key'] ?? '', BASE64, [DIGEST_BYTES[digest]])
    return 'flaw' in want ? want : plainChain({ digest, iterations }, salt, want)
  },
}

const SPRING_ID = /^\{sha256\}/

interface Joined extends Iterated {
  readonly claims: RegExp
  readonly encoding: Encoding
  readonly saltBytes: number
  readonly forms?: readonly Form[]
}

/** The salt and the digest in the same digits. */
const joined = (
  identifier: string,
  { claims, encoding, saltBytes, forms, ...iterated }: Joined,
): Family<ChainPlan> => ({
  identifier,
  claims,
  parse(encoded) {
    const digits = encoded.replace(SPRING_ID, '')
    const all = readKey(digits, encoding, [saltBytes + DIGEST_BYTES[iterated.digest]])
    if ('flaw' in all) return all
    const plan = plainChain(iterated, all.slice(0, saltBytes), all.slice(saltBytes))
    return forms ? { ...plan, forms } : plan
  },
})

const SPRING = { digest: 'sha256', iterations: 1024, encoding: HEX, saltBytes: 8 } as const

/** Spring Security: StandardPasswordEncoder without a secret. */
export const springStandard = joined('spring-standard', {
  ...SPRING,
  claims: /^\{sha256\}(?=[\da-f]{80}$)/,
})

/** It hashes Unicode's composed characters. */
const JASYPT = { encoding: BASE64, forms: ['nfc'] } as const

/** By the name of the preset: these strings do not say what they are. */
export const BARE_CHAINS: Readonly<Record<string, Family<ChainPlan>>> = {
  'spring-standard': joined('spring-standard', { ...SPRING, claims: /^[\da-f]{80}$/ }),
  'jasypt-basic': joined('jasypt-basic', {
    ...JASYPT,
    ...{ digest: 'md5', iterations: 1000, saltBytes: 8, claims: /^[A-Za-z\d+/]{32}$/ },
  }),
  'jasypt-strong': joined('jasypt-strong', {
    ...JASYPT,
    ...{ digest: 'sha256', iterations: 100_000, saltBytes: 16, claims: /^[A-Za-z\d+/]{64}$/ },
  }),
}

/** Symfony: MessageDigestPasswordHasher. It refuses salts with braces, since it puts the salt in braces. */
export const symfony = ({ digest, iterations }: Iterated): Family<ChainPlan> => {
  const size = DIGEST_BYTES[digest]
  const digits = `{${Math.ceil((size * 4) / 3)}}={${(3 - (size % 3)) % 3}}`
  const claims = new RegExp(String.raw`^(?<key>[A-Za-z\d+/]${digits}):(?<salt>[^{}]+)$`)
  return {
    identifier: 'symfony',
    claims,
    parse(encoded) {
      const { key: text = '', salt = '' } = claims.exec(encoded)?.groups ?? {}
      const want = readKey(text, BASE64, [size])
      if ('flaw' in want) return want
      const input: Expression = concat(PASSWORD, bytes(`{${salt}}`))
      const plan = plainChain({ digest, iterations }, new Uint8Array(), want)
      return { ...plan, repeats: true, input }
    },
  }
}
