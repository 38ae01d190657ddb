/** Owns the known answers that lanes must give before they may decide about anybody. */
import type { Outcome } from '../family.ts'

interface Known {
  readonly encoded: string
  readonly password: string
}

/** One of each variant, by crypt() of libxcrypt: all have bytes over 127, the last is longer than 72 bytes. */
const KNOWN: readonly Known[] = [
  {
    encoded: '$2a$04$KnownAnswerForA.......hdMWKmdGeO04.8f1QAlNsLUXka6JbAG',
    password: 'Grüße, Jürgen',
  },
  {
    encoded: '$2b$04$KnownAnswerForB.......zvU.f..7yCboBTHBYJ.pKlumDNqL5FC',
    password: 'пароль',
  },
  {
    encoded: '$2x$04$KnownAnswerForX........wCg3tCD1GgjrNWIsoZ/uCjQQRri0iO',
    password: 'motörhead',
  },
  {
    encoded: '$2y$04$KnownAnswerForY.......lu1Xu6k2iIuO4JKKgdsaTEm2UHrVxPi',
    password: '密码'.repeat(14),
  },
]
const COST = 4

/** As many as there are lanes, from any of them on. */
const CIRCLE = [...KNOWN, ...KNOWN, ...KNOWN]

type Match = (checks: readonly Known[], cost: number) => readonly Outcome[]

/**
 * Has each known answer found, and a wrong password refused, in every lane beside every number of
 * others. It is also what tells V8 that these functions are worth optimising.
 * @throws Error for any other outcome
 */
export const selfTest = (match: Match, lanes: number): void => {
  for (let together = 1; together <= lanes; together++) {
    const demand = (outcome: Outcome, checks: readonly Known[]) => {
      const outcomes = match(checks, COST)
      if (outcomes.join() !== Array(together).fill(outcome).join()) {
        throw new Error(`The self-test failed with ${together} of ${lanes} lanes.`)
      }
    }
    for (const first of KNOWN.keys()) demand('match', CIRCLE.slice(first, first + together))
    const wrong = CIRCLE.map(({ encoded, password }) => ({ encoded, password: `.${password}` }))
    demand('mismatch', wrong.slice(0, together))
  }
}
