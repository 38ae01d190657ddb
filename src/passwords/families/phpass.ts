/** The family of phpass' portable hashes: WordPress before 6.8, phpBB 3, and what Drupal made of md5. */
import { digest, hex, PASSWORD } from '../expression.ts'
import { costOf, type ChainPlan, type Family } from '../family.ts'
import { ITOA64, readItoa64 } from '../notation.ts'

/** The base-2 logarithm of the rounds as one digit, a salt that is used as text, and 16 bytes. */
const SOUND = /^(?<upgraded>U?)\$[PH]\$(?<log>.)(?<salt>[./0-9A-Za-z]{8})(?<want>.{22})$/
const BEGINNING = /^U?\$[PH]\$[./0-9A-Za-z]{0,30}$/

/** phpass itself takes no others (crypt_private). */
const LOG_RANGE = { min: 7, max: 30 }

/** Drupal's update hashed the md5 that it found. */
const UPGRADED = { input: hex(digest('md5', PASSWORD)) }

export const phpass: Family<ChainPlan> = {
  identifier: 'phpass',
  claims: /^U?\$[PH]\$/,

  parse(encoded) {
    if (BEGINNING.test(encoded)) return { flaw: 'truncated' }
    const found = SOUND.exec(encoded)?.groups ?? {}
    const log = ITOA64.indexOf(found['log'] ?? '!')
    const want = readItoa64(found['want'] ?? '')
    if (!want || log < LOG_RANGE.min || log > LOG_RANGE.max) return { flaw: 'malformed' }
    const rounds = 2 ** log
    return {
      core: 'chain',
      kind: { name: 'phpass', cost: costOf(rounds) },
      digest: 'md5',
      rounds,
      salt: Uint8Array.from(Buffer.from(found['salt'] ?? '')),
      want,
      ...(found['upgraded'] && UPGRADED),
    }
  },
}
