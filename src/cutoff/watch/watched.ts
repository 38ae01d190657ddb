/** Keeps the people who have not moved, and which of them were refused and have set a new password, while the log is watched. */
import type Database from 'better-sqlite3'
import type { CampaignState } from '../../campaign/state/state-file.ts'
import { sqlList, statesIn } from '../../campaign/state/states.ts'
import { foldLogin } from '../../login.ts'
import { openPrivateFile } from '../../sql/private-file.ts'

const TABLE = `
  CREATE TABLE watched (
    okta_id TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    -- The interval in which the person was refused last; NULL if never.
    refused_in INTEGER,
    has_set INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX watched_login ON watched (login);`

const LEFT = `SELECT okta_id, login FROM people
  WHERE okta_id IS NOT NULL AND state IN (${sqlList(statesIn('not moved'))})`

/** A file that SQLite deletes: the state is free for a status while the log is watched. */
const openTemporary = (): Database.Database =>
  openPrivateFile('', 0, (db) => {
    db.pragma('synchronous = OFF')
    db.exec(TABLE)
  })

const fill = (db: Database.Database, state: CampaignState): void => {
  const insert = db.prepare(
    'INSERT INTO watched (okta_id, login) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  db.transaction(() => {
    for (const row of state.db.prepare<[], [string, string]>(LEFT).raw().iterate())
      insert.run(...row)
  })()
}

/** Of an event: the id of the user, or the login as it was typed. */
export interface EventPerson {
  readonly id: string
  readonly login: string | undefined
}

export interface WatchedTotals {
  readonly refused: number
  /** How many of these have set a new password. */
  readonly refusedAndSet: number
}

export interface Watched {
  /** @returns whether the person had not moved, and was not refused in this interval before */
  readonly refuse: (person: EventPerson, interval: number) => boolean
  /** @returns whether the person had not moved, and has not set a password before */
  readonly setPassword: (person: EventPerson) => boolean
  readonly totals: () => WatchedTotals
  readonly close: () => void
}

const TOTALS = `
  SELECT count(*) AS refused, count(*) FILTER (WHERE has_set) AS refusedAndSet
    FROM watched WHERE refused_in IS NOT NULL`

export const openWatched = (state: CampaignState): Watched => {
  const db = openTemporary()
  fill(db, state)
  const byId = db.prepare<[string], string>('SELECT okta_id FROM watched WHERE okta_id = ?').pluck()
  const byLogin = db
    .prepare<[string], string>('SELECT okta_id FROM watched WHERE login = ?')
    .pluck()
  const refused = db.prepare(
    'UPDATE watched SET refused_in = ? WHERE okta_id = ? AND refused_in IS NOT ?',
  )
  const set = db.prepare('UPDATE watched SET has_set = 1 WHERE okta_id = ? AND has_set = 0')
  const totals = db.prepare<[], WatchedTotals>(TOTALS)
  const find = ({ id, login = '' }: EventPerson): string =>
    byId.get(id) ?? (login === '' ? undefined : byLogin.get(foldLogin(login))) ?? ''
  return {
    refuse: (person, interval) => refused.run(interval, find(person), interval).changes === 1,
    setPassword: (person) => set.run(find(person)).changes === 1,
    totals: () => ({ refused: 0, refusedAndSet: 0, ...totals.get() }),
    close: () => db.close(),
  }
}
