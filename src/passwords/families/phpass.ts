/** The family of phpass' portable hashes: WordPress before 6.8, phpBB 3, and Drupal 7 to 10.0, which has SHA-512. */
import { digest, hex, PASSWORD } from '../expression.ts'
import { costOf, type ChainPlan, type Family } from '../family.ts'
import { ITOA64, readItoa64 } from '../notation.ts'

/** The base-2 logarithm of the rounds as one digit, a salt that is used as text, and the digest. */
const SOUND = /^(?<upgraded>U?)\$(?<id>[PHS])\$(?<log>.)(?<salt>[./0-9A-Za-z]{8})(?<want>.+)$/
const BEGINNING = /^U?\$(?:[PH]\$[./0-9A-Za-z]{0,30}|S\$[./0-9A-Za-z]{0,51})$/

/** phpass itself takes no others (crypt_private). */
const LOG_RANGE = { min: 7, max: 30 }

interface Variant {
  readonly kind: 'phpass' | 'rounds-sha512'
  readonly digest: 'md5' | 'sha512'
  readonly digits: number
  readonly bits?: number
}

const PHPASS: Variant = { kind: 'phpass', digest: 'md5', digits: 22 }
/** It cuts the digits of the digest off (DRUPAL_HASH_LENGTH). */
const DRUPAL: Variant = { kind: 'rounds-sha512', digest: 'sha512', digits: 43, bits: 258 }

/** The bits that are left over are those of one more byte. */
const readWant = (text: string, { digits, bits }: Variant): Uint8Array | undefined =>
  text.length === digits ? readItoa64(bits === undefined ? text : `${text}.`) : undefined

/** Drupal's update hashed the md5 that it found. */
const UPGRADED = { input: hex(digest('md5', PASSWORD)) }

export const phpass: Family<ChainPlan> = {
  identifier: 'phpass',
  claims: /^U?\$[PHS]\$/,

  parse(encoded) {
    if (BEGINNING.test(encoded)) return { flaw: 'truncated' }
    const found = SOUND.exec(encoded)?.groups ?? {}
    const log = ITOA64.indexOf(found['log'] ?? '!')
    const variant = found['id'] === 'S' ? DRUPAL : PHPASS
    const want = readWant(found['want'] ?? '', variant)
    if (!want || log < LOG_RANGE.min || log > LOG_RANGE.max) return { flaw: 'malformed' }
    const rounds = 2 ** log
    return {
      core: 'chain',
      kind: { name: variant.kind, cost: costOf(rounds) },
      digest: variant.digest,
      rounds,
      repeats: true,
      ...(variant.bits !== undefined && { bits: variant.bits }),
      salt: Uint8Array.from(Buffer.from(found['salt'] ?? '')),
      want,
      ...(found['upgraded'] && UPGRADED),
    }
  },
}
