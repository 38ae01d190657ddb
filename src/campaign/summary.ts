/** Counts the people of a campaign: by state, by silence before their import, and those who moved by day. */
import { DAY_MS } from '../clock.ts'
import { SILENCES } from '../text/silence.ts'
import { findingOf } from './reconcile/findings.ts'
import type { CampaignState } from './state/state-file.ts'
import { STATE_NAMES, sqlList, statesIn, type PersonState } from './state/states.ts'

export interface SilenceRow {
  /** Last seen up to so many days before go-live, or before a later import; undefined for longer, or never. */
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
  /** How many came to Okta on a later day than that of go-live. */
  readonly importedLater: number
  /** How many changed their legacy password after they moved. Counts only where that is read. */
  readonly newer: number
  /** Users of the org who are not in the legacy store, and whose next sign-in would call the hook. */
  readonly strangers: number
}

/** @param day in days since 1970 */
export const movedSince = ({ perDay }: Pick<CampaignSummary, 'perDay'>, day: number): number =>
  perDay.reduce((all, [on, people]) => (on >= day ? all + people : all), 0)

type Db = CampaignState['db']

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

/**
 * Before their import nobody can move, and the legacy system goes on to see them. Who was seen after it was not silent.
 */
const SILENCE = `
  SELECT CASE WHEN last_seen IS NULL THEN 3
              WHEN last_seen >= start - 30 * @day THEN 0
              WHEN last_seen >= start - 90 * @day THEN 1
              WHEN last_seen >= start - 365 * @day THEN 2 ELSE 3 END AS row,
         count(*), sum(state IN (${MOVED}))
    FROM (SELECT state, last_seen, max(@goLive, coalesce(created, 0)) AS start FROM people
           WHERE state IN (${MOVED}, ${NOT_MOVED}))
   GROUP BY row`

const countSilences = (db: Db, goLive: number): SilenceRow[] => {
  const counted = db
    .prepare<[{ goLive: number; day: number }], [number, number, number]>(SILENCE)
    .raw()
    .all({ goLive, day: DAY_MS })
  const byRow = new Map(counted.map(([row, people, moved]) => [row, { people, moved }]))
  return SILENCES.map(([days], row) => ({ days, people: 0, moved: 0, ...byRow.get(row) }))
}

const countLater = (db: Db, goLive: number): number =>
  db
    .prepare<[number], number>(
      `SELECT count(*) FROM people WHERE state IN (${MOVED}, ${NOT_MOVED}) AND created >= ?`,
    )
    .pluck()
    .get(goLive + DAY_MS) ?? 0

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
    importedLater: goLive === undefined ? 0 : countLater(db, goLive),
    newer: countNumber(db, `SELECT count(*) FROM people WHERE ${findingOf('newer').when}`),
    strangers: countNumber(
      db,
      "SELECT count(*) FROM people WHERE state = 'unknown' AND provider = 'IMPORT' AND native = 0",
    ),
  }
}
