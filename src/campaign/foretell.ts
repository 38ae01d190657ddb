/** Foretells from the state of a campaign who will not have moved by a day, and how many of them come too late. */
import { DAY_MS } from '../clock.ts'
import { Census } from './forecast/census.ts'
import {
  backtest,
  describeChange,
  forecastCutOffs,
  type CourseDay,
  type CutOffForecast,
  type Forecast,
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

type ChanceOf = (person: Seen) => number

export type Foretold =
  | { readonly refused: ForecastRefusal }
  | {
      readonly cutOffs: readonly CutOffForecast[]
      readonly course: () => readonly CourseDay[]
      /** In sentences. */
      readonly changes: readonly string[]
      readonly backtest: readonly PastForecast[]
      /** The chance that a person comes within the days of late comers. */
      readonly chanceOf: ChanceOf
    }

interface CensusRow {
  readonly state: PersonState
  readonly lastSeen: number | null
  readonly created: number | null
  readonly movedAt: number | null
}

/** When somebody was last seen, and imported. */
export type Seen = Pick<CensusRow, 'lastSeen' | 'created'>

/** A person whose time of the move is unknown says nothing about when people come. */
const COUNTED = `
  SELECT state, last_seen AS lastSeen, created, moved_at AS movedAt FROM people
   WHERE state IN (${sqlList(statesIn('not moved'))})
      OR (state IN (${sqlList(statesIn('moved'))}) AND moved_at IS NOT NULL)`

/** The legacy system may go on: what it saw after the import is no silence before it. */
const silentSince = ({ lastSeen, created }: Seen, goLive: number): number | undefined =>
  lastSeen === null ? undefined : Math.min(lastSeen, Math.max(goLive, created ?? goLive))

const takeCensus = ({ db }: CampaignState, { goLive, now }: ForetellQuestion): Census => {
  const daysAfter = (ms: number): number => (ms - goLive) / DAY_MS
  const census = new Census(daysAfter(now))
  for (const row of db.prepare<[], CensusRow>(COUNTED).iterate()) {
    const { state, created } = row
    if (created !== null && created > now) continue
    // Of a day in the past, as that of a close: who moved later had not moved.
    const movedAt = row.movedAt !== null && row.movedAt > now ? null : row.movedAt
    const since = silentSince(row, goLive)
    census.add({
      lastSeenBefore: since === undefined ? undefined : -daysAfter(since),
      movedOnDay: movedAt === null ? undefined : daysAfter(movedAt),
      atRiskFromDay: created === null ? 0 : Math.max(0, daysAfter(created)),
      isLeftOut: !canCome(state),
    })
  }
  return census
}

const daysAfterGoLive = (times: readonly number[], { goLive }: ForetellQuestion): number[] =>
  times.map((ms) => Math.floor((ms - goLive) / DAY_MS))

const tell = (census: Census, question: ForetellQuestion) =>
  forecastCutOffs(census, {
    goLiveMs: question.goLive,
    mailDays: daysAfterGoLive(question.mails, question),
    lateDays: question.lateDays,
    cutOffDays: daysAfterGoLive(question.cutOffs, question),
  })

const chancesOf = (
  { chanceWithin }: Forecast,
  { goLive, now, lateDays }: ForetellQuestion,
): ChanceOf => {
  // Of all whose last login is unknown it is the same, and takes as long as a forecast.
  const chanceOfUnknown = chanceWithin(undefined, lateDays)
  return (person) => {
    const since = silentSince(person, goLive)
    return since === undefined ? chanceOfUnknown : chanceWithin((now - since) / DAY_MS, lateDays)
  }
}

export const foretell = (state: CampaignState, question: ForetellQuestion): Foretold => {
  const census = takeCensus(state, question)
  const told = tell(census, question)
  if ('refused' in told) return told
  return {
    cutOffs: told.cutOffs,
    course: told.course,
    changes: told.changes.map((change) => describeChange(change, question.goLive)),
    backtest: backtest(census, daysAfterGoLive(question.mails, question)),
    chanceOf: chancesOf(told, question),
  }
}

/** The chance of each person alone, for a hook that ends now, in a fraction of the time. */
export const foretellChances = (
  state: CampaignState,
  question: Omit<ForetellQuestion, 'cutOffs'>,
): { readonly refused: ForecastRefusal } | { readonly chanceOf: ChanceOf } => {
  const asked = { ...question, cutOffs: [question.now] }
  const told = tell(takeCensus(state, asked), asked)
  if ('refused' in told) return told
  const { late } = told.cutOffs[0] ?? {}
  return late && 'refused' in late ? late : { chanceOf: chancesOf(told, asked) }
}
