/** Takes over what the run before knew of accounts and users, and changes what has changed since. */
import type Database from 'better-sqlite3'
import type { StateOrigin } from './origin.ts'
import type { Decided } from './parts.ts'

const KEEP_MOVES =
  "INSERT INTO temp.moves SELECT okta_id, moved_at FROM people WHERE evidence = 'event'"

const KEEP_USERS = `
  INSERT INTO temp.okta
  SELECT login, okta_id, okta_login, status, provider, created, password_changed, okta_seen, attributes
    FROM people WHERE okta_id IS NOT NULL;
  CREATE INDEX temp.okta_by_id ON okta (id)`

const KEEP_ACCOUNTS = `
  INSERT INTO temp.legacy (login, typed, id, enabled, blocked, last_seen, changed, profile, wave, verified, unverified)
  SELECT login, legacy_login, legacy_id, enabled, blocked, last_seen, legacy_changed, profile, wave, 0, 0
    FROM people WHERE enabled IS NOT NULL`

/**
 * Where the list of users knows of a later change of the password, it knows more than the event. A person who has moved
 * has signed in, so is active then, whatever a tool had done before.
 */
const MOVE = `
  UPDATE temp.okta SET provider = 'OKTA', status = 'ACTIVE', changed = @at
   WHERE id = @id AND (changed IS NULL OR changed < @at)`

const SET_DECIDED =
  'UPDATE temp.legacy SET verified = ?, first = ?, last = ?, unverified = ? WHERE number = ?'

export interface KeptAccount {
  readonly number: number
  readonly id: string | null
  readonly typed: string
}

export interface KeptUser {
  readonly login: string
  readonly typed: string
}

const PAGE = 1_000

/** By pages, since nothing can be written while rows are read. */
function* inPages<T>(read: (after: string | number) => T[], keyOf: (row: T) => string | number) {
  let after: string | number = ''
  for (;;) {
    const rows = read(after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = keyOf(last)
  }
}

const count = (db: Database.Database, table: string): number =>
  db.prepare<[], number>(`SELECT count(*) FROM temp.${table}`).pluck().get() ?? 0

/** Over the tables of `PARTS`, and the people of the run before. */
export const createKept = (db: Database.Database) => {
  const find = db.prepare('SELECT 1 FROM temp.okta WHERE id = ?')
  const findMoved = db.prepare("SELECT 1 FROM temp.okta WHERE id = ? AND provider = 'OKTA'")
  const move = db.prepare(MOVE)
  const addMove = db.prepare('INSERT INTO temp.moves VALUES (@id, @at) ON CONFLICT DO NOTHING')
  const see = db.prepare('UPDATE temp.okta SET seen = @at WHERE id = @id')
  const change = db.prepare('INSERT INTO temp.changed VALUES (?) ON CONFLICT DO NOTHING')
  const setOrigin = db.prepare("INSERT INTO meta VALUES ('origin', ?)")
  const setDecided = db.prepare(SET_DECIDED)
  const accounts = db.prepare<[number | string], KeptAccount>(
    `SELECT number, id, typed FROM temp.legacy WHERE number > CAST(? AS INTEGER) ORDER BY number LIMIT ${PAGE}`,
  )
  const users = db.prepare<[number | string], KeptUser>(
    `SELECT login, typed FROM temp.okta WHERE login > ? ORDER BY login LIMIT ${PAGE}`,
  )
  const changed = db
    .prepare<[number | string], string>(
      `SELECT id FROM temp.changed WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
    )
    .pluck()
  return {
    /** The times of moves that events have shown. */
    takeMoves: (): void => void db.exec(KEEP_MOVES),
    takeUsers: (): void => void db.exec(KEEP_USERS),
    takeAccounts: (): void => void db.exec(KEEP_ACCOUNTS),
    isKnown: (oktaId: string): boolean => find.get(oktaId) !== undefined,
    hasMoved: (oktaId: string): boolean => findMoved.get(oktaId) !== undefined,
    setMoved: (id: string, at: number): void => {
      move.run({ id, at })
      addMove.run({ id, at })
    },
    setSeen: (id: string, at: number): void => void see.run({ id, at }),
    /** The user must be read again. */
    setChanged: (oktaId: string): void => void change.run(oktaId),
    /** All at once, before any of them is added again: logins can have changed hands. */
    forgetChanged: (): void =>
      void db.exec('DELETE FROM temp.okta WHERE id IN (SELECT id FROM temp.changed)'),
    changed: (): Generator<string> =>
      inPages(
        (after) => changed.all(after),
        (id) => id,
      ),
    users: (): Generator<KeptUser> =>
      inPages(
        (after) => users.all(after),
        ({ login }) => login,
      ),
    accounts: (): Generator<KeptAccount> =>
      inPages(
        (after) => accounts.all(after),
        ({ number }) => number,
      ),
    setDecided: (number: number, { verified, first, last, unverified }: Decided): void =>
      void setDecided.run(verified, first, last, unverified, number),
    /** For the run after. */
    setOrigin: (origin: StateOrigin): void => void setOrigin.run(JSON.stringify(origin)),
    countUsers: (): number => count(db, 'okta'),
    countChanged: (): number => count(db, 'changed'),
  }
}

export type Kept = ReturnType<typeof createKept>
