/** Foretells from the state of a campaign who will not have moved by a day, and how many of them come too late. */
import { DAY_MS } from '../audit/last-logins.ts'
import { Census } from './forecast/census.ts'
import {
  backtest,
  describeChange,
  forecastCutOffs,
  type CutOffForecast,
  type PastForecast,
} from './forecast/forecast.ts'
import type { ForecastRefusal } from './forecast/refusals.ts'
import type { CampaignState } from './state/state-file.ts'
import { canCome, sqlList, statesIn, type PersonState } from './state/states.ts'

export interface ForetellQuestion {
  /** All in milliseconds since 1970; the days of cut-off are today or later. */
  readonly goLive: number
  readonly now: number
  readonly cutOffs: readonly number[]
  readonly mails: readonly number[]
  readonly lateDays: number
}

export type Foretold =
  | { readonly refused: ForecastRefusal }
  | {
      readonly cutOffs: readonly CutOffForecast[]
      /** In sentences. */
      readonly changes: readonly string[]
      readonly backtest: readonly PastForecast[]
      /** The chance that a person comes within the days of late comers, by when that person was last seen. */
      readonly chanceOf: (lastSeen: number | null) => number
    }

interface CensusRow {
  readonly state: PersonState
  readonly lastSeen: number | null
  readonly created: number | null
  readonly movedAt: number | null
}

/** A person whose time of the move is unknown says nothing about when people come. */
const COUNTED = `
  SELECT state, last_seen AS lastSeen, created, moved_at AS movedAt FROM people
   WHERE state IN (${sqlList(statesIn('not moved'))})
      OR (state IN (${sqlList(statesIn('moved'))}) AND moved_at IS NOT NULL)`

const takeCensus = ({ db }: CampaignState, { goLive, now }: ForetellQuestion): Census => {
  const daysAfter = (ms: number): number => (ms - goLive) / DAY_MS
  const census = new Census(daysAfter(now))
  for (const { state, lastSeen, created, movedAt } of db
    .prepare<[], CensusRow>(COUNTED)
    .iterate()) {
    const atRiskFromDay = Math.max(0, created === null ? 0 : daysAfter(created))
    census.add({
      // The legacy system may go on: what it saw after the import is no silence before it.
      lastSeenBefore:
        lastSeen === null ? undefined : Math.max(-atRiskFromDay, -daysAfter(lastSeen)),
      movedOnDay: movedAt === null ? undefined : daysAfter(movedAt),
      atRiskFromDay,
      isLeftOut: !canCome(state),
    })
  }
  return census
}

export const foretell = (state: CampaignState, question: ForetellQuestion): Foretold => {
  const { goLive, now, cutOffs, mails, lateDays } = question
  const census = takeCensus(state, question)
  const dayOf = (ms: number): number => Math.floor((ms - goLive) / DAY_MS)
  const mailDays = mails.map(dayOf)
  const told = forecastCutOffs(census, {
    ...{ goLiveMs: goLive, mailDays, lateDays },
    cutOffDays: cutOffs.map(dayOf),
  })
  if ('refused' in told) return told
  return {
    cutOffs: told.cutOffs,
    changes: told.changes.map((change) => describeChange(change, goLive)),
    backtest: backtest(census, mailDays),
    chanceOf: (lastSeen) =>
      told.chanceWithin(lastSeen === null ? undefined : (now - lastSeen) / DAY_MS, lateDays),
  }
}
