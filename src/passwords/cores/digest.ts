/** Compares what a plan's expression makes of a password: a digest, or digests within each other. */
import { digest, PASSWORD } from '../expression.ts'
import { ldapDigest } from '../families/ldap-digest.ts'
import { costOf, type CoreRow, type DigestPlan } from '../family.ts'
import { readKnown } from './known-answers.ts'

/** So many take a millisecond or two; one alone is too quick for the clock. */
const TRIAL_DIGESTS = 1024

const trialInput = (): DigestPlan['input'] =>
  Array.from({ length: TRIAL_DIGESTS }).reduce<DigestPlan['input']>(
    (of) => digest('sha256', of),
    PASSWORD,
  )

/** One of each digest, by slappasswd and passlib: a Node.js under FIPS 140 refuses some. */
const KNOWN = {
  '{SMD5}iuZAPQXp379YBcJzpHH8TYcEH1o=': 'Grüße aus Köln',
  '{SSHA}citvKoeuus8pDt5T8jOmkxwQ2ZHRA0t3': '🔑 and 🚪',
  '{SSHA256}WOeRrOb2OWZzZcPneHS0XRZURYpDA7KwlMbnyoALKzlyv9qOF/qBZA==': '密码пароль',
  '{SHA384}SkYp912Ile105YBrROQQ6GNXzZv0sswBsOy+7pNH7oXpuOZaatu5+hL2NKU/E1ts': 'Grüße aus Köln',
  '{SSHA512}5qRNLjsDSyacyCxCRLUvdXTRM792f9Uq+qnrrFbI1vMtm4g6Dg7J3C3eRuIV2psebzl541JOYPslfQQEwTanp5ZzRJs=':
    'Grüße aus Köln',
}

export const digestCore: CoreRow<DigestPlan> = {
  computes: 'digest',
  trial: {
    core: 'digest',
    kind: { name: 'digest', cost: costOf(TRIAL_DIGESTS) },
    input: trialInput(),
    salt: new Uint8Array(),
    want: new Uint8Array(32),
  },
  known: readKnown(ldapDigest, KNOWN),
  create: () => ({
    name: 'node:crypto',
    lanes: 1,
    match: (checks, compare) =>
      checks.map(({ plan: { want }, password }) => compare(password, want)),
  }),
}
