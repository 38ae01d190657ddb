/** Keeps what LEGACY_AUDIT_SQL reads for each id, a digest of the hash and the last change, and holds it against the table. */
import type Database from 'better-sqlite3'
import { latestOf } from '../../audit/last-logins.ts'
import { AppError } from '../../errors/errors.ts'
import type { SourceRow } from '../../import/sources/source.ts'
import { figure } from '../../text/figure.ts'
import { fieldsOf } from './target.ts'
import type { PurgeTemplate } from './template.ts'

const TABLE = `
  CREATE TEMP TABLE audited (
    id TEXT PRIMARY KEY,
    -- As the table of --sql has it.
    digest TEXT,
    -- The latest that the last change of the password can be, in milliseconds since 1970; NULL where there is none.
    changed_until INTEGER,
    is_unreadable INTEGER NOT NULL,
    rows INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

const ADD = `
  INSERT INTO temp.audited VALUES (?, ?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET rows = rows + 1`

const changeOf = (row: SourceRow): [until: number | null, isUnreadable: number] => {
  const value = 'fields' in row ? row.fields.get('changed') : undefined
  const latest = value === undefined ? undefined : latestOf(value)
  if (typeof latest === 'number') return [Math.round(latest), 0]
  return [null, Number(latest === undefined && fieldsOf(row)('has_change') === '1')]
}

export const loadAudited = async (
  db: Database.Database,
  rows: AsyncIterable<SourceRow>,
): Promise<void> => {
  db.exec(TABLE)
  const add = db.prepare(ADD)
  db.exec('BEGIN')
  for await (const row of rows) {
    const of = fieldsOf(row)
    add.run(of('id'), of('digest'), ...changeOf(row))
  }
  db.exec('COMMIT')
}

/** Whether the times say anything: a column may be empty. */
export const hasChanges = (db: Database.Database): boolean =>
  db
    .prepare('SELECT 1 FROM temp.audited WHERE changed_until IS NOT NULL OR is_unreadable LIMIT 1')
    .get() !== undefined

const COMPARE = `
  SELECT count(*) AS compared, count(*) FILTER (WHERE a.digest <> t.digest) AS others
    FROM temp.audited a JOIN temp.target t ON t.id = a.id
   WHERE t.digest <> '' AND t.rows = 1 AND a.rows = 1`

/** A few people can have set a new password since the table was read. */
const MAX_SHARE = 0.01

/**
 * One id in another column is the id of another person, who has another hash.
 * @throws AppError `purge_sql_invalid`
 */
export const refuseOtherHashes = (db: Database.Database, { id, table }: PurgeTemplate): void => {
  const { compared, others } = db
    .prepare<[], { readonly compared: number; readonly others: number }>(COMPARE)
    .get() ?? { compared: 0, others: 0 }
  if (others <= compared * MAX_SHARE) return
  throw new AppError('purge_sql_invalid', {
    detail: `For ${figure(others)} of ${figure(compared)} ids the hash in ${table} is not the one that LEGACY_AUDIT_SQL reads. The column ${id} of --sql is probably not the id of LEGACY_AUDIT_SQL: the purge would remove hashes of other people. If it is the id: run the same command again where passwords were changed meanwhile; or, where LEGACY_AUDIT_SQL changes the hash that it reads, give this command one that returns the column as it is.`,
  })
}
