/** The table of the variables of the legacy store and of the ledger: URLs, certificates and statements. */
import * as z from 'zod'
import { DATABASE_URL } from '../sql/kinds.ts'
import { MAX_BUNDLE_BYTES, pemCertificates, text, variable, whole } from './variable.ts'

const columnNames = z
  .string()
  .transform((names) => names.split(',').map((name) => name.trim()))
  .refine((names) => !names.includes(''), 'is not valid')

const LEDGER_URL = /^(off$|sqlite:.|(postgres|postgresql|mysql|mariadb):\/\/.)/

export const LEGACY_VARIABLES = {
  LEGACY_DB_URL: variable(text(DATABASE_URL).optional(), {
    help: 'the legacy store: sqlite:PATH, or postgres:// or mysql:// (mariadb://) followed by user:password@host:port/database; ?sslmode=verify-full requires TLS',
    fix: 'Use sqlite:/data/legacy.sqlite, or postgres://user:password@host/database?sslmode=verify-full, or the same with mysql://',
    secret: true,
  }),
  LEGACY_DB_CA: variable(pemCertificates.optional(), {
    help: 'certificates (PEM) to trust for the legacy store instead of the public ones, preferably as LEGACY_DB_CA_FILE; requires TLS',
    fix: "Set LEGACY_DB_CA_FILE to the path of your database's CA certificate, in PEM.",
    secret: true,
    maxFileBytes: MAX_BUNDLE_BYTES,
  }),
  LEGACY_DB_POOL: variable(whole(1, 100).default(10), {
    help: 'connections to the legacy store, if it is a server',
    fix: 'Use a whole number from 1 to 100, and no more than the server allows this user.',
  }),
  LEGACY_LOOKUP_SQL: variable(z.string().optional(), {
    help: 'one SELECT with :login (trimmed, NFC, lower case) or :username (as typed). It returns password_hash; at least one of login, email and short_name; and, optionally, enabled and id',
    fix: 'See docs/SCHEMA.md.',
    secret: true,
  }),
  LEGACY_LOOKUP_IGNORE: variable(columnNames.default([]), {
    help: 'columns that LEGACY_LOOKUP_SQL can return without being read, separated by commas',
    fix: 'List the names of columns, such as created_at,updated_at.',
  }),
  LEGACY_LOOKUP_UNCHECKED: variable(z.stringbool().default(false), {
    help: '"true" accepts rows that do not say whose they are (no login, email or short_name). A statement that finds the row of another person then lets that person in',
    fix: 'Set it to true or false; preferably leave it out.',
  }),
  LEGACY_AUDIT_SQL: variable(z.string().optional(), {
    help: 'one SELECT for all accounts, without parameters. It returns login and password_hash and, optionally, id and enabled. The server reads 500 rows of it as samples when it checks the store; audit reads all, also last_login and the attributes of profiles',
    fix: 'See "Samples of your accounts" in docs/SCHEMA.md.',
    secret: true,
  }),
}

export const IMPORT_VARIABLES = {
  LEGACY_USERS_SQL: variable(z.string().optional(), {
    help: 'one SELECT with ORDER BY for all users to import, with columns named like those of a CSV file; on a server its transaction stays open for the whole run',
    fix: 'Order by a key that only grows, such as an id, so that a run that continues reads the same rows.',
    secret: true,
  }),
}

export const LEDGER_VARIABLES = {
  LEDGER_DB_URL: variable(text(LEDGER_URL).optional(), {
    help: 'the ledger of decisions: sqlite:PATH (if not set, okta-migrate-ledger.sqlite in the working directory); postgres://… or mysql://… (mariadb://) if replicas share it, with ?sslmode=verify-full for TLS; or off',
    fix: 'Use sqlite:/data/ledger.sqlite, postgres://USER:PASSWORD@HOST/DATABASE, mysql://USER:PASSWORD@HOST/DATABASE, or off.',
    secret: true,
  }),
  LEDGER_DB_CA: variable(pemCertificates.optional(), {
    help: "certificates (PEM) to trust for the ledger's server instead of the public ones, preferably as LEDGER_DB_CA_FILE; requires TLS",
    fix: "Set LEDGER_DB_CA_FILE to the path of your database's CA certificate, in PEM.",
    secret: true,
    maxFileBytes: MAX_BUNDLE_BYTES,
  }),
  LEDGER_SPILL_DIR: variable(z.string().optional(), {
    help: 'a directory on a local disk where decisions wait for the ledger database; if not set, the directory of the SQLite ledger, or the working directory',
    fix: 'Use a directory that this user can write to and that outlives the process.',
  }),
}
