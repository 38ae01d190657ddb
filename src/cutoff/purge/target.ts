/** Keeps the ids of the table that is to be purged, with a digest of each hash, beside the people. */
import type Database from 'better-sqlite3'
import type { SourceRow, Value } from '../../import/sources/source.ts'
import { AppError } from '../../errors/errors.ts'
import type { DatabaseKind } from '../../sql/kinds.ts'
import { PURGE_DIALECTS, type ColumnFact, type IdForm } from './dialects.ts'
import { PURGE_EXAMPLE, bareName, type PurgeTemplate } from './template.ts'

const TABLE = `
  CREATE TEMP TABLE IF NOT EXISTS target (
    -- As the audit reads ids.
    id TEXT PRIMARY KEY, text TEXT, hex TEXT, form TEXT,
    -- Empty where there is no hash any more.
    digest TEXT,
    rows INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`

const ADD = `
  INSERT INTO temp.target VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET rows = rows + 1`

const textOf = (value: Value | undefined): string => (value === undefined ? '' : String(value))

/** @returns the text of a column by its name in small letters */
export const fieldsOf = (row: SourceRow): ((name: string) => string) => {
  if (!('fields' in row)) return () => ''
  const byName = new Map([...row.fields].map(([name, value]) => [name.toLowerCase(), value]))
  return (name) => textOf(byName.get(name))
}

/** Can be called again with more rows. @returns how many rows there are */
export const loadTarget = async (
  db: Database.Database,
  rows: AsyncIterable<SourceRow>,
): Promise<number> => {
  db.exec(TABLE)
  const add = db.prepare(ADD)
  let count = 0
  db.exec('BEGIN')
  for await (const row of rows) {
    const of = fieldsOf(row)
    add.run(of('id'), of('text'), of('hex'), of('form'), of('digest'))
    count++
  }
  db.exec('COMMIT')
  return count
}

export const readColumns = async (rows: AsyncIterable<SourceRow>): Promise<ColumnFact[]> => {
  const facts: ColumnFact[] = []
  for await (const row of rows) {
    const of = fieldsOf(row)
    const isRequired = ['1', 'true'].includes(of('required'))
    facts.push({ name: of('name'), type: of('type'), isRequired })
  }
  return facts
}

const refuse = (detail: string): never => {
  throw new AppError('purge_sql_invalid', { detail })
}

/**
 * Holds the statement against the table.
 * @returns the form of all ids; undefined where each value has its own
 * @throws AppError `purge_sql_invalid`
 */
export const checkTarget = (
  kind: DatabaseKind,
  template: PurgeTemplate,
  columns: readonly ColumnFact[],
): IdForm | undefined => {
  const { table, id, hash, emptied } = template
  // For this kind of server it is a text, unless its settings say otherwise.
  if (kind === 'mysql' && template.sql.includes('"')) {
    refuse('--sql has ", which MySQL takes for a text: quote names with ` and texts with \'.')
  }
  if (columns.length === 0)
    refuse(`--sql: the database has no table ${table}. An example: ${PURGE_EXAMPLE}`)
  const find = (name: string): ColumnFact => {
    const wanted = bareName(name).toLowerCase()
    const found = columns.find((column) => column.name.toLowerCase() === wanted)
    return (
      found ??
      refuse(
        `--sql: the table ${table} has no column ${name}; it has ${columns.map((each) => each.name).join(', ')}.`,
      )
    )
  }
  for (const name of emptied) {
    if (!find(name).isRequired) continue
    refuse(
      `--sql: the column ${name} of ${table} is NOT NULL, so it cannot become NULL. Set it to a text that is no hash (--sql "${template.sql.replace(/=\s*NULL/i, "= ''")}"), or ask your DBA to allow NULL.`,
    )
  }
  find(hash)
  return PURGE_DIALECTS[kind].formOf(find(id).type)
}
