/** Keeps what was pulled from the System Log and the reset journal, by the id in Okta: what shows that a person has a password. */
import type Database from 'better-sqlite3'
import { userOf, type OktaEvent } from '../../okta/api/system-log.ts'
import { DAY_MS } from '../../clock.ts'

/** A reset of ours, as its journal has it. */
export interface ResetIntent {
  readonly oktaId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** "safe to clean up" (Okta, "Event types", user.import.password). */
const IMPORT = 'user.import.password'
const RESET = 'user.account.reset_password'

/** Resets by others are as good as ours for locking somebody out, so they count alike. */
export const RESET_EVENTS: readonly string[] = [RESET]
export const PROOF_EVENTS: readonly string[] = [IMPORT]

/** How long Okta keeps the log (Okta docs, "System Log query"). */
export const LOG_KEPT_MS = 90 * DAY_MS

const TABLES = `
  CREATE TEMP TABLE pulled (
    okta_id TEXT PRIMARY KEY,
    -- Of the newest SUCCESS, of the oldest, and of the newest reset, in milliseconds since 1970.
    success INTEGER,
    first_success INTEGER,
    reset INTEGER
  ) STRICT, WITHOUT ROWID;
  -- Logins that two users have, as this program compares logins: it cannot tell whose account it is.
  CREATE TEMP TABLE taken (login TEXT PRIMARY KEY, okta_id TEXT, is_twice INTEGER NOT NULL) STRICT, WITHOUT ROWID;`

const ADD_SUCCESS = `
  INSERT INTO temp.pulled (okta_id, success, first_success) VALUES (@id, @at, @at)
  ON CONFLICT (okta_id) DO UPDATE SET
    success = max(coalesce(success, 0), excluded.success),
    first_success = min(coalesce(first_success, excluded.first_success), excluded.first_success)`

const ADD_RESET = `
  INSERT INTO temp.pulled (okta_id, reset) VALUES (@id, @at)
  ON CONFLICT (okta_id) DO UPDATE SET reset = max(coalesce(reset, 0), excluded.reset)`

const TAKE = `
  INSERT INTO temp.taken VALUES (?, ?, 0)
  ON CONFLICT (login) DO UPDATE SET is_twice = is_twice OR okta_id <> excluded.okta_id`

export interface Evidence {
  readonly addReset: (reset: ResetIntent) => void
  /** Events of other types, failures, and those that name nobody, show nothing. */
  readonly addEvent: (event: OktaEvent) => void
  /** Each user of Okta's list once. */
  readonly addUser: (login: string, oktaId: string) => void
}

export const createEvidence = (db: Database.Database): Evidence => {
  db.exec(TABLES)
  const [success, reset, take] = [ADD_SUCCESS, ADD_RESET, TAKE].map((sql) => db.prepare(sql)) as [
    Database.Statement,
    Database.Statement,
    Database.Statement,
  ]
  return {
    addReset: ({ oktaId, at }) => void reset.run({ id: oktaId, at }),
    addEvent: (event) => {
      const id = userOf(event)
      if (id === undefined || event.outcome.result !== 'SUCCESS') return
      if (event.eventType === IMPORT) success.run({ id, at: event.published })
      if (event.eventType === RESET) reset.run({ id, at: event.published })
    },
    addUser: (login, oktaId) => void take.run(login, oktaId),
  }
}
