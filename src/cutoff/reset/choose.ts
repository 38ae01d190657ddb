/** Chooses whom to reset, among those who have not moved by the newest status: by a list, or the likeliest to come. */
import { foretellChances, type Seen } from '../../campaign/foretell.ts'
import type { CampaignState } from '../../campaign/state/state-file.ts'
import {
  canCome,
  sqlList,
  STATES,
  statesIn,
  type PersonState,
} from '../../campaign/state/states.ts'
import type { SavedReport } from '../../campaign/state/saved-report.ts'
import { AppError } from '../../errors/errors.ts'
import { foldLogin } from '../../login.ts'
import { readStatus } from '../status-counts.ts'
import type { ChosenPerson } from './listed.ts'

/** Of the late comers that are foretold. The last fifth would take far more people, most of whom never come. */
const LIKELY_SHARE = 0.8

const NOT_MOVED = statesIn('not moved')

type Db = CampaignState['db']

const CHOSEN = `CREATE TEMP TABLE chosen (
  rank INTEGER PRIMARY KEY, okta_id TEXT NOT NULL, login TEXT NOT NULL, changed INTEGER) STRICT;`

const PERSON = 'okta_id, coalesce(okta_login, legacy_login) AS login, password_changed AS changed'

export interface Chosen {
  readonly count: number
  readonly people: Iterable<ChosenPerson>
  /** The rows of a list that are not of people who have not moved. */
  readonly leftOut: readonly LeftOut[]
}

/** Beside the states of people. */
const NOT_FOUND = {
  absent: 'not in the newest status',
  unlike: 'the id and the login are not of one person',
} as const

type LeftOutReason = PersonState | keyof typeof NOT_FOUND

export interface LeftOut {
  readonly line: number
  readonly reason: LeftOutReason
}

export const wordsOfLeftOut = (reason: LeftOutReason): string =>
  reason === 'absent' || reason === 'unlike' ? NOT_FOUND[reason] : STATES[reason].words

const readChosen = (db: Db, leftOut: readonly LeftOut[]): Chosen => ({
  count: db.prepare<[], number>('SELECT count(*) FROM temp.chosen').pluck().get() ?? 0,
  people: {
    [Symbol.iterator]: () =>
      db
        .prepare<[], ChosenPerson>(
          'SELECT okta_id AS oktaId, login, changed FROM temp.chosen ORDER BY rank',
        )
        .iterate(),
  },
  leftOut,
})

const CHANCES = `
  CREATE TEMP TABLE chances AS
  SELECT ${PERSON}, chance_of(last_seen, created) AS chance FROM people
   WHERE okta_id IS NOT NULL AND state IN (${sqlList(NOT_MOVED.filter(canCome))})`

/** Each as long as those before them do not sum to the share. */
const LIKELIEST = `
  INSERT INTO temp.chosen
  SELECT row_number() OVER likeliest, okta_id, login, changed FROM (
    SELECT *, sum(chance) OVER likeliest - chance AS before FROM temp.chances
    WINDOW likeliest AS (ORDER BY chance DESC, login ROWS UNBOUNDED PRECEDING))
   WHERE before < ? * (SELECT sum(chance) FROM temp.chances) AND chance > 0
  WINDOW likeliest AS (ORDER BY chance DESC, login)`

/**
 * @param at the end of the hook, or now, in milliseconds since 1970: since then nobody could come, which says nothing of
 * who would
 * @returns a sentence that says why it cannot be known
 */
export const chooseLikely = (
  { db, ...state }: CampaignState,
  report: SavedReport,
  at: number,
): Chosen | string => {
  const { goLive, lateDays, mails } = readStatus(report)
  if (goLive === undefined)
    return 'The newest status has no day of go-live: run it with --go-live DATE.'
  const told = foretellChances({ db, ...state }, { goLive, now: at, mails, lateDays })
  if ('refused' in told) return told.refused.sentence
  db.function('chance_of', (lastSeen: Seen['lastSeen'], created: Seen['created']) =>
    told.chanceOf({ lastSeen, created }),
  )
  db.exec(CHOSEN + CHANCES)
  db.prepare(LIKELIEST).run(LIKELY_SHARE)
  return readChosen(db, [])
}

/** @returns how many, or a sentence that says why it cannot be known */
export const countLikely = (state: CampaignState, report: SavedReport): number | string => {
  const chosen = chooseLikely(state, report, report.at)
  return typeof chosen === 'string' ? chosen : chosen.count
}

/** A person by id, by login, or by both. */
export interface WantedPerson {
  readonly line: number
  readonly oktaId: string | undefined
  readonly login: string | undefined
}

/** A row without an id counts by its login; one with both counts only where they are of the same person. */
const IS_WANTED =
  'w.okta_id = p.okta_id AND coalesce(w.login, p.login) = p.login OR w.okta_id IS NULL AND w.login = p.login'

const CAN_BE_RESET = `p.okta_id IS NOT NULL AND p.state IN (${sqlList(NOT_MOVED)})`

const LISTED = `
  INSERT INTO temp.chosen
  SELECT min(w.rank), ${PERSON.replace('okta_id', 'p.okta_id').replace('AS login', 'AS typed')}
    FROM people p JOIN temp.wanted w ON ${IS_WANTED}
   WHERE ${CAN_BE_RESET}
   GROUP BY p.okta_id`

/** People come first in each join: only the list has an index of ids. */
const LEFT_OUT = `
  WITH found AS MATERIALIZED (
    SELECT w.rank, p.state, ${CAN_BE_RESET} AS chosen
      FROM people p CROSS JOIN temp.wanted w WHERE ${IS_WANTED}),
  ids AS MATERIALIZED (
    SELECT DISTINCT w.rank FROM people p CROSS JOIN temp.wanted w WHERE w.okta_id = p.okta_id)
  SELECT w.line, coalesce(max(f.state), iif(i.rank IS NULL, 'absent', 'unlike')) AS reason
    FROM temp.wanted w LEFT JOIN found f ON f.rank = w.rank LEFT JOIN ids i ON i.rank = w.rank
   GROUP BY w.rank HAVING coalesce(max(f.chosen), 0) = 0
   ORDER BY w.rank`

const WANTED = `
  CREATE TEMP TABLE wanted (rank INTEGER PRIMARY KEY, line INTEGER NOT NULL, okta_id TEXT, login TEXT) STRICT;
  CREATE INDEX temp.wanted_okta_id ON wanted (okta_id);
  CREATE INDEX temp.wanted_login ON wanted (login);`

/** @throws what reading the list throws, and AppError `resets_unchosen` */
export const chooseListed = async (
  { db }: CampaignState,
  wanted: AsyncIterable<WantedPerson>,
): Promise<Chosen> => {
  db.exec(CHOSEN + WANTED)
  const add = db.prepare('INSERT INTO temp.wanted (line, okta_id, login) VALUES (?, ?, ?)')
  for await (const { line, oktaId, login } of wanted) {
    if (oktaId === undefined && login === undefined)
      throw new AppError('resets_unchosen', {
        detail: `Line ${line} of the file has neither login nor okta_id.`,
      })
    add.run(line, oktaId ?? null, login === undefined ? null : foldLogin(login.trim()))
  }
  db.prepare(LISTED).run()
  return readChosen(db, db.prepare<[], LeftOut>(LEFT_OUT).all())
}
