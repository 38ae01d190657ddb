/** Six simulated populations: when each person was last seen before go-live, and when they come after it. */
import { seeded } from './simulation.ts'

/** In days before and after go-live. */
export interface Visits {
  readonly last: number
  /** Infinity if they never come. */
  readonly next: number
}

type Random = () => number

const exponential = (random: Random, rate: number): number => -Math.log(1 - random()) / rate

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; with their step for shapes below 1. */
const gamma = (random: Random, shape: number): number => {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random()) ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const x = normal(random)
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}

const pick = <T>(random: Random, shares: readonly (readonly [number, T])[]): T | undefined => {
  let at = random()
  for (const [share, value] of shares) {
    if (at < share) return value
    at -= share
  }
  return shares.at(-1)?.[1]
}

/** Nobody who comes, last seen within two years. */
const never = (random: Random): Visits => ({ last: 730 * random(), next: Infinity })

/** The day, from a Monday on, on which five busy days of weight 1.3 and two of 0.25 add up to `sum`. */
const onBusyDays = (sum: number): number => {
  const rest = sum % 7
  const inWeek = rest < 6.5 ? rest / 1.3 : 5 + (rest - 6.5) / 0.25
  return Math.floor(sum / 7) * 7 + inWeek
}

const workforce = (random: Random): Visits => {
  const rate =
    pick(random, [
      [0.7, 0.6],
      [0.15, 0.14],
      [0.1, 0.033],
      [0.05, 0],
    ]) ?? 0
  if (rate === 0) return never(random)
  return { last: exponential(random, rate), next: onBusyDays(exponential(random, rate)) }
}

interface Consumer extends Visits {
  readonly rate: number
  readonly age: number
  /** When they cease to be users, in days after go-live. */
  readonly death: number
}

const consumer = (random: Random, bend = (at: number): number => at): Consumer => {
  const age = 1825 * random()
  const rate = Math.max(1e-9, gamma(random, 0.55) / (0.55 * 25))
  const death = exponential(random, 1 / 500) - age
  // Back in time from now, or from their end.
  const alive = Math.max(0, -death)
  const last = Math.min(age, Math.max(alive, -bend(-alive - exponential(random, rate))))
  const next = bend(exponential(random, rate))
  return { last, next: next < death ? next : Infinity, rate, age, death }
}

interface Habit {
  readonly period: number
  readonly spread: number
}

const BILLING: readonly (readonly [number, Habit | undefined])[] = [
  [0.5, { period: 30.4, spread: 2 }],
  [0.1, { period: 91, spread: 5 }],
  [0.2, { period: 365, spread: 12 }],
  [0.2, undefined],
]

const billing = (random: Random): Visits => {
  const habit = pick(random, BILLING)
  if (!habit) return never(random)
  const phase = habit.period * random()
  return {
    last: phase + Math.abs(habit.spread * normal(random)),
    next: Math.abs(habit.period - phase + habit.spread * normal(random)),
  }
}

/** The days on which a mail is sent in the population `mails`. */
export const MAIL_DAYS = [20, 50]

const mails = (random: Random): Visits => {
  const { last, next, death } = consumer(random)
  for (const day of MAIL_DAYS) {
    const isBrought = random() < 0.06
    const comes = day + 3 * random()
    if (isBrought && next > day && death > day) return { last, next: Math.min(next, comes) }
  }
  return { last, next }
}

/** When habits that would be steady happen, in a year whose seasons raise and lower them by 40 %. */
const bySeason = (steady: number): number => {
  let at = steady
  const turn = (2 * Math.PI) / 365
  for (let step = 0; step < 60; step++) {
    const wrong = at + (0.4 / turn) * (1 - Math.cos(turn * at)) - steady
    if (Math.abs(wrong) < 1e-6) break
    at -= wrong / (1 + 0.4 * Math.sin(turn * at))
  }
  return at
}

const season = (random: Random): Visits => consumer(random, bySeason)

const sessions = (random: Random): Visits => {
  const { last, next, rate, age } = consumer(random)
  const older = rate > 1 / 30 ? 30 * random() : 0
  return { last: Math.min(age, last + older), next }
}

export const POPULATIONS = { workforce, consumer, billing, mails, season, sessions }

export type PopulationName = keyof typeof POPULATIONS

/** Calls `take` with each person of a population. */
export const simulatePeople = (
  name: PopulationName,
  size: number,
  seed: number,
  take: (visits: Visits) => void,
): void => {
  const random = seeded(seed * 7919 + name.length)
  const person = POPULATIONS[name]
  for (let i = 0; i < size; i++) take(person(random))
}
