/** Sizes the first day: how many sign-ins its busiest hour has, and the cores and replicas that they need. */
import { type LastLogins } from './last-logins.ts'
import { DAY_MS } from '../clock.ts'
import type { KindRate } from './rates.ts'

/** Some people mistype their password, or sign in at two places. */
const ATTEMPTS_EACH = 1.3

/** Sign-ins come in bursts of so many times their average over the hour. */
const BURST = 3

const SECONDS_PER_HOUR = 3600

export interface FirstDay {
  readonly people: number
  readonly attemptsWorstHour: number
  readonly burstPerSecond: number
  readonly cores: number
  readonly replicas: number
}

/** In days since 1970, UTC. Today is not over, so it counts only up to yesterday. */
export const firstUncounted = (nowMs: number, goLiveMs: number | undefined): number =>
  Math.floor(Math.min(nowMs, goLiveMs ?? Infinity) / DAY_MS)

/** Seconds of a core for one check, on average over the accounts. */
const coreSeconds = (rates: readonly KindRate[]): number => {
  const all = rates.reduce((sum, { count }) => sum + count, 0)
  const seconds = rates.reduce((sum, { count, perCoreSecond }) => sum + count / perCoreSecond, 0)
  return all === 0 ? 0 : seconds / all
}

export interface Sizing {
  readonly rates: readonly KindRate[]
  /** The share of a day's attempts in its busiest hour, in percent. */
  readonly peakShare: number
  /** Of one replica. */
  readonly cores: number
}

/** @returns undefined if no last login is known */
export const sizeFirstDay = (
  logins: LastLogins,
  today: number,
  { rates, peakShare, cores: perReplica }: Sizing,
): FirstDay | undefined => {
  if (logins.newestDay === undefined) return undefined
  const people = logins.busiestBefore(today)
  const attempts = (people * ATTEMPTS_EACH * peakShare) / 100
  const burstPerSecond = (BURST * attempts) / SECONDS_PER_HOUR
  const cores = Math.max(1, Math.ceil(burstPerSecond * coreSeconds(rates)))
  // One more than are needed, so that a restart is no outage.
  const replicas = Math.ceil(cores / perReplica) + 1
  return { people, attemptsWorstHour: Math.round(attempts), burstPerSecond, cores, replicas }
}
