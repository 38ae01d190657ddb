/** The tables of the campaign's state: one row for each person, and what it is put together from. */

/** "OMCS" in ASCII marks a SQLite file as one of these (SQLite, PRAGMA application_id). */
export const STATE_ID = 0x4f4d4353

/** Of another version all people are made anew, so there are no migrations. */
export const STATE_VERSION = 2

/** Times are in milliseconds since 1970. */
export const PEOPLE = `
  DROP TABLE IF EXISTS people;
  CREATE TABLE people (
    -- As Okta compares logins.
    login TEXT PRIMARY KEY,
    -- Of the legacy store: NULL for somebody whom only Okta has.
    legacy_login TEXT,
    legacy_id TEXT,
    enabled INTEGER,
    blocked TEXT,
    last_seen INTEGER,
    legacy_changed INTEGER,
    profile TEXT,
    wave TEXT,
    -- Of Okta: NULL for somebody whom it does not have.
    okta_id TEXT,
    okta_login TEXT,
    status TEXT,
    provider TEXT,
    created INTEGER,
    password_changed INTEGER,
    okta_seen INTEGER,
    attributes TEXT,
    -- Of the ledger.
    verified INTEGER NOT NULL,
    first_verified INTEGER,
    last_verified INTEGER,
    unverified INTEGER NOT NULL,
    -- Whether Okta has the hash itself.
    native INTEGER NOT NULL,
    state TEXT NOT NULL,
    moved_at INTEGER,
    -- What shows that the person has moved.
    evidence TEXT
  ) STRICT, WITHOUT ROWID;`

/** What the run after must know of this one, by name. */
export const META = `
  DROP TABLE IF EXISTS meta;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`

/** What each status said, newest last. They outlive the people that they counted. */
export const REPORTS = `
  CREATE TABLE IF NOT EXISTS reports (
    number INTEGER PRIMARY KEY, org TEXT NOT NULL, at INTEGER NOT NULL, not_moved INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT`

/** In a file of their own, which SQLite deletes: what is only needed until the people are put together. */
export const PARTS = `
  DROP TABLE IF EXISTS temp.decided;
  DROP TABLE IF EXISTS temp.legacy;
  DROP TABLE IF EXISTS temp.okta;
  DROP TABLE IF EXISTS temp.native;
  DROP TABLE IF EXISTS temp.moves;
  DROP TABLE IF EXISTS temp.changed;
  CREATE TEMP TABLE decided (
    name TEXT PRIMARY KEY, verified INTEGER, first INTEGER, last INTEGER, unverified INTEGER, event TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE legacy (
    number INTEGER PRIMARY KEY, login TEXT, typed TEXT, id TEXT, enabled INTEGER, blocked TEXT, last_seen INTEGER,
    changed INTEGER, profile TEXT, wave TEXT, verified INTEGER, first INTEGER, last INTEGER, unverified INTEGER
  ) STRICT;
  CREATE TEMP TABLE okta (
    login TEXT PRIMARY KEY, id TEXT, typed TEXT, status TEXT, provider TEXT, created INTEGER, changed INTEGER,
    seen INTEGER, attributes TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE native (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  -- Users of whom an event of Okta says when they moved.
  CREATE TEMP TABLE moves (id TEXT PRIMARY KEY, at INTEGER) STRICT, WITHOUT ROWID;
  -- Users who must be read again.
  CREATE TEMP TABLE changed (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`
