/** Decides who may be purged: the reasons to leave a person out, in the order in which they are tried. */
import type Database from 'better-sqlite3'
import { sqlList } from '../../campaign/state/states.ts'
import { HAVE_PASSWORD } from '../../okta/api/users.ts'

/** Longer ids, and controls, have no place in a script that people read. */
const MAX_ID = 200

interface LeftOutRow {
  /** In SQL, over the columns of `CANDIDATES`. */
  readonly when: string
  readonly words: string
}

/** The newest time at which Okta is known to have stored a password. */
const NEWEST = 'max(coalesce(password_changed, 0), coalesce(success, 0))'

/** Okta's newest change of a password can be long after the move, so it does not say when that was; nobody moved before being created. */
const SINCE = `min(coalesce(first_verified, first_success, created, 0), coalesce(first_success, first_verified, created, 0))`

export const LEFT_OUT = {
  not_in_okta: { when: 'okta_id IS NULL', words: 'not in Okta' },
  ambiguous: {
    when: "blocked = 'ambiguous_login' OR is_twice",
    words: 'two accounts or two users have this login',
  },
  not_moved: { when: "provider = 'IMPORT'", words: 'have not moved' },
  foreign: { when: "provider IS NOT 'OKTA'", words: 'their password is checked elsewhere' },
  reset: {
    when: `reset IS NOT NULL AND ${NEWEST} <= reset`,
    words: 'reset, and no password was set since',
  },
  unproven: {
    when: `coalesce(status, '') NOT IN (${sqlList(HAVE_PASSWORD)}) AND success IS NULL`,
    words: 'cannot sign in to Okta now, and the System Log has no SUCCESS of theirs',
  },
  undated: { when: `${NEWEST} = 0`, words: 'Okta does not say when they got a password' },
  changed_unreadable: {
    when: 'is_unreadable',
    words: 'the time of their last change of the legacy password cannot be read',
  },
  changed_since: {
    when: `changed_until >= ${SINCE}`,
    words: 'changed the legacy password since they moved',
  },
  recent: { when: `${NEWEST} > @before`, words: 'moved, or set a password, too short a time ago' },
  id_unknown: {
    when: 'legacy_id IS NULL OR hex IS NULL',
    words: 'their id is not in the table of --sql',
  },
  id_shared: { when: 'id_rows > 1 OR people_of_id > 1', words: 'others have the same id' },
  id_unwritable: {
    when: `form NOT IN ('text', 'bytes', 'integer', 'real') OR length(hex) > ${MAX_ID * 2} OR has_controls(text)`,
    words: 'their id is too long, or has controls',
  },
  no_hash: { when: "digest = ''", words: 'have no hash any more' },
  hash_differs: {
    when: 'digest IS NOT audited_digest',
    words: 'LEGACY_AUDIT_SQL reads another hash than the table of --sql has for their id',
  },
} as const satisfies Readonly<Record<string, LeftOutRow>>

export type LeftOutReason = keyof typeof LEFT_OUT

export const LEFT_OUT_REASONS = Object.keys(LEFT_OUT) as LeftOutReason[]

const CANDIDATES = `
  SELECT p.*, e.success, e.first_success, e.reset, coalesce(t.is_twice, 0) AS is_twice,
         a.text, a.hex, a.form, a.digest, a.rows AS id_rows,
         b.digest AS audited_digest, b.changed_until, b.is_unreadable,
         (SELECT n FROM temp.ids i WHERE i.id = p.legacy_id) AS people_of_id
    FROM people p
    LEFT JOIN temp.pulled e ON e.okta_id = p.okta_id
    LEFT JOIN temp.taken t ON t.login = p.login
    LEFT JOIN temp.target a ON a.id = p.legacy_id
    LEFT JOIN temp.audited b ON b.id = p.legacy_id
   WHERE p.enabled IS NOT NULL`

const VERDICT = `CASE ${LEFT_OUT_REASONS.map((name) => `WHEN ${LEFT_OUT[name].when} THEN '${name}'`).join(' ')} END`

/** Only what the list of users says is needed of most people. */
const EVIDENCE = `iif(status IN (${sqlList(HAVE_PASSWORD)}) AND reset IS NULL AND password_changed IS NOT NULL, 'provider', iif(coalesce(success, 0) > coalesce(reset, 0), 'success', 'password_changed'))`

const IDS = `
  CREATE TEMP TABLE ids AS SELECT legacy_id AS id, count(*) AS n FROM people WHERE legacy_id IS NOT NULL GROUP BY legacy_id;
  CREATE UNIQUE INDEX temp.ids_id ON ids (id);`

const JUDGE = `
  CREATE TEMP TABLE verdicts AS
  SELECT okta_id, legacy_id, text, hex, form, digest, ${VERDICT} AS left_out, ${EVIDENCE} AS evidence, ${NEWEST} AS password_at
    FROM (${CANDIDATES})`

/** Of whom nothing else says enough. */
const NEEDS_SUCCESS = `
  SELECT 1
    FROM people p
    LEFT JOIN temp.pulled e ON e.okta_id = p.okta_id
    LEFT JOIN temp.audited b ON b.id = p.legacy_id
   WHERE p.enabled IS NOT NULL AND p.provider = 'OKTA'
     AND (coalesce(p.status, '') NOT IN (${sqlList(HAVE_PASSWORD)}) OR p.password_changed IS NULL
          OR e.reset >= p.password_changed
          OR (p.first_verified IS NULL AND b.changed_until >= coalesce(p.created, 0)))
   LIMIT 1`

/** Whether the log must be asked for SUCCESS events, which takes long in a large org. */
export const needsSuccess = (db: Database.Database): boolean =>
  db.prepare(NEEDS_SUCCESS).get() !== undefined

export interface PurgeCounts {
  readonly people: number
  readonly purged: number
  readonly byEvidence: Readonly<Record<string, number>>
  /** Those that are not 0. */
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>
}

interface Counted {
  readonly name: string | null
  readonly evidence: string
  readonly n: number
}

/** @param before milliseconds since 1970: who got a password later is left out */
export const judgePeople = (db: Database.Database, before: number): PurgeCounts => {
  db.function('has_controls', { deterministic: true }, (text) =>
    Number(typeof text === 'string' && /[\p{Cc}\p{Cs}\uFFFD]/u.test(text)),
  )
  db.exec(IDS)
  db.prepare(JUDGE).run({ before })
  const rows = db
    .prepare<[], Counted>(
      `SELECT left_out AS name, iif(left_out IS NULL, evidence, '') AS evidence, count(*) AS n FROM temp.verdicts GROUP BY 1, 2`,
    )
    .all()
  const sum = (some: readonly Counted[]): number => some.reduce((all, { n }) => all + n, 0)
  const purged = rows.filter(({ name }) => name === null)
  const leftOut = LEFT_OUT_REASONS.map(
    (reason) => [reason, sum(rows.filter(({ name }) => name === reason))] as const,
  ).filter(([, n]) => n > 0)
  return {
    people: sum(rows),
    purged: sum(purged),
    byEvidence: Object.fromEntries(purged.map(({ evidence, n }) => [evidence, n])),
    leftOut: Object.fromEntries(leftOut),
  }
}

export interface PurgedPerson {
  readonly okta_id: string
  readonly legacy_id: string
  readonly text: string
  readonly hex: string
  readonly form: 'text' | 'bytes' | 'integer' | 'real'
  readonly digest: string
  readonly evidence: string
  readonly password_at: number
}

export const purgedPeople = (db: Database.Database): IterableIterator<PurgedPerson> =>
  db
    .prepare<[], PurgedPerson>(
      'SELECT * FROM temp.verdicts WHERE left_out IS NULL ORDER BY hex, okta_id',
    )
    .iterate()
