-- The legacy store in PostgreSQL. The default LEGACY_LOOKUP_SQL fits it.
CREATE TABLE accounts (
  id            BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  -- In the form in which it is looked up, so that it is unique without regard to case.
  login         TEXT NOT NULL UNIQUE CHECK (login = lower(btrim(login))),
  -- What stands before the @, as Okta's users may type it while it is unique.
  short_name    TEXT GENERATED ALWAYS AS
                  (CASE WHEN strpos(login, '@') > 1 THEN split_part(login, '@', 1) END) STORED,
  password_hash TEXT NOT NULL,
  enabled       SMALLINT NOT NULL DEFAULT 1
);

CREATE INDEX accounts_short_name ON accounts (short_name);
