/** Counts the people of a campaign: by state, by silence before go-live, and those who moved by day. */
import { DAY_MS } from '../audit/last-logins.ts'
import type { CampaignState } from './state/state-file.ts'
import { STATE_NAMES, sqlList, statesIn, type PersonState } from './state/states.ts'

export interface SilenceRow {
  /** People who were last seen up to so many days before go-live; undefined for longer, or never. */
  readonly days: number | undefined
  readonly people: number
  readonly moved: number
}

export interface CampaignSummary {
  readonly states: Readonly<Record<PersonState, number>>
  readonly moved: number
  readonly notMoved: number
  readonly native: {
    readonly people: number
    readonly signedIn: number
  }
  /** By day (in days since 1970), oldest first; only days on which somebody moved. */
  readonly perDay: readonly (readonly [day: number, people: number])[]
  /** How many moved at a time that nobody knows. */
  readonly movedAtUnknown: number
  /** Undefined without a day of go-live or without any last login. */
  readonly bySilence: readonly SilenceRow[] | undefined
  /** Users of the org who are not in the legacy store, and whose next sign-in would call the hook. */
  readonly strangers: number
}

type Db = CampaignState['db']

const SILENCES = [30, 90, 365, undefined] as const

const MOVED = sqlList(statesIn('moved'))
const NOT_MOVED = sqlList(statesIn('not moved'))

const countStates = (db: Db): Record<PersonState, number> => {
  const rows = db
    .prepare<[], [PersonState, number]>('SELECT state, count(*) FROM people GROUP BY state')
    .raw()
    .all()
  const none = STATE_NAMES.map((name) => [name, 0] as const)
  return Object.fromEntries([...none, ...rows]) as Record<PersonState, number>
}

const countNumber = (db: Db, sql: string): number => db.prepare<[], number>(sql).pluck().get() ?? 0

const countPerDay = (db: Db): [number, number][] =>
  db
    .prepare<[number], [number, number]>(
      `SELECT CAST(floor(moved_at / CAST(? AS REAL)) AS INTEGER) AS day, count(*) FROM people
        WHERE moved_at IS NOT NULL AND state IN (${MOVED}) GROUP BY day ORDER BY day`,
    )
    .raw()
    .all(DAY_MS)

/** Who was seen after go-live, in a legacy system that goes on, was not silent. */
const SILENCE = `
  SELECT CASE WHEN last_seen IS NULL THEN 3
              WHEN last_seen >= @goLive - 30 * @day THEN 0
              WHEN last_seen >= @goLive - 90 * @day THEN 1
              WHEN last_seen >= @goLive - 365 * @day THEN 2 ELSE 3 END AS row,
         count(*), sum(state IN (${MOVED}))
    FROM people WHERE state IN (${MOVED}, ${NOT_MOVED}) GROUP BY row`

const countSilences = (db: Db, goLive: number): SilenceRow[] => {
  const counted = db
    .prepare<[{ goLive: number; day: number }], [number, number, number]>(SILENCE)
    .raw()
    .all({ goLive, day: DAY_MS })
  const byRow = new Map(counted.map(([row, people, moved]) => [row, { people, moved }]))
  return SILENCES.map((days, row) => ({ days, people: 0, moved: 0, ...byRow.get(row) }))
}

const isSeenKnown = (db: Db): boolean =>
  db.prepare('SELECT 1 FROM people WHERE last_seen IS NOT NULL LIMIT 1').get() !== undefined

const sum = (states: Record<PersonState, number>, names: readonly PersonState[]): number =>
  names.reduce((all, name) => all + states[name], 0)

/** @param goLive in milliseconds since 1970, if it is known */
export const summariseCampaign = (db: Db, goLive: number | undefined): CampaignSummary => {
  const states = countStates(db)
  const moved = sum(states, statesIn('moved'))
  return {
    states,
    moved,
    notMoved: sum(states, statesIn('not moved')),
    native: {
      people: states.native,
      signedIn: countNumber(
        db,
        "SELECT count(*) FROM people WHERE state = 'native' AND okta_seen IS NOT NULL",
      ),
    },
    perDay: countPerDay(db),
    movedAtUnknown: countNumber(
      db,
      `SELECT count(*) FROM people WHERE state IN (${MOVED}) AND moved_at IS NULL`,
    ),
    bySilence: goLive === undefined || !isSeenKnown(db) ? undefined : countSilences(db, goLive),
    strangers: countNumber(
      db,
      "SELECT count(*) FROM people WHERE state = 'unknown' AND provider = 'IMPORT' AND native = 0",
    ),
  }
}
