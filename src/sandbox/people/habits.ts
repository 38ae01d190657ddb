/** When simulated people were last seen before the start, and when they come back: in days. */

/** Draws from 0 up to 1. */
type Random = () => number

export interface Habits {
  /** Days since the person was last seen. */
  readonly lastSeen: number
  /** The days from the start on which the person comes, in order. */
  readonly visits: Iterator<number, undefined>
}

const exponential = (random: Random, rate: number): number => -Math.log(1 - random()) / rate

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Marsaglia and Tsang 2000, for shapes below 1 with their boost. */
const gamma = (random: Random, shape: number): number => {
  const d = shape + 1 - 1 / 3
  for (;;) {
    const x = normal(random)
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    const isTaken = v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)
    if (isTaken) return d * v * (1 - random()) ** (1 / shape)
  }
}

function* visitsOf(random: Random, rate: number, end: number): Generator<number, undefined> {
  for (let day = exponential(random, rate); day < end; day += exponential(random, rate)) yield day
}

/** People sign up over five years, come more or less often, and leave one day. */
const consumer = (random: Random): Habits => {
  const age = 1_825 * random()
  const rate = gamma(random, 0.55) / 0.55 / 25
  const end = exponential(random, 1 / 500) - age
  const lastSeen = Math.min(age, Math.max(0, -end) + exponential(random, rate))
  return { lastSeen, visits: visitsOf(random, rate, end) }
}

const RATES: readonly [share: number, rate: number][] = [
  [0.7, 0.6],
  [0.15, 0.14],
  [0.1, 0.033],
]

/** Most come nearly daily, some weekly or monthly, a few never again. */
const workforce = (random: Random): Habits => {
  let left = random()
  const rate = RATES.find(([share]) => (left -= share) < 0)?.[1] ?? 0
  const lastSeen = rate === 0 ? 730 * random() : exponential(random, rate)
  return { lastSeen, visits: visitsOf(random, rate, Infinity) }
}

interface Period {
  readonly days: number
  readonly spread: number
}

const PERIODS: readonly [share: number, period: Period][] = [
  [0.5, { days: 30.4, spread: 2 }],
  [0.1, { days: 91, spread: 5 }],
  [0.2, { days: 365, spread: 12 }],
]

function* billsOf(
  random: Random,
  { days, spread }: Period,
  first: number,
): Generator<number, undefined> {
  for (let due = first; ; due += days) yield Math.abs(due + spread * normal(random))
}

/** People come for their bill: each month, each quarter or each year, about on the same day; a fifth never again. */
const billing = (random: Random): Habits => {
  let left = random()
  const period = PERIODS.find(([share]) => (left -= share) < 0)?.[1]
  if (!period) return { lastSeen: 730 * random(), visits: visitsOf(random, 0, 0) }
  const since = period.days * random()
  return {
    lastSeen: since + Math.abs(period.spread * normal(random)),
    visits: billsOf(random, period, period.days - since),
  }
}

export const HABITS = { consumer, workforce, billing } as const satisfies Readonly<
  Record<string, (random: Random) => Habits>
>

export type HabitsName = keyof typeof HABITS
