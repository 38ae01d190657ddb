-- The embedded legacy store. The default LEGACY_LOOKUP_SQL fits it.
CREATE TABLE accounts (
  id            INTEGER PRIMARY KEY,
  login         TEXT NOT NULL UNIQUE COLLATE NOCASE,
  -- What stands before the @, as Okta's users may type it while it is unique.
  short_name    TEXT COLLATE NOCASE GENERATED ALWAYS AS
                  (CASE WHEN instr(login, '@') > 1 THEN substr(login, 1, instr(login, '@') - 1) END)
                  STORED,
  password_hash TEXT NOT NULL,
  enabled       INTEGER NOT NULL DEFAULT 1
);

CREATE INDEX accounts_short_name ON accounts (short_name);
