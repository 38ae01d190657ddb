/** Reads the statement of the operator that removes one hash, and finds its table, its columns and its condition. */
import { AppError } from '../../errors/errors.ts'

export interface PurgeTemplate {
  /** As it was given, without a semicolon. */
  readonly sql: string
  /** The table as it is written, perhaps with quotes and a schema. */
  readonly table: string
  /** What is before `:id`. */
  readonly head: string
  /** The condition up to `:id`: `tenant = 4 AND id = `. */
  readonly where: string
  /** The conditions beside the id, such as `tenant = 4`; empty where there are none. */
  readonly others: string
  /** As they are written. */
  readonly id: string
  readonly hash: string
  /** What stands in place of the hash afterwards, as SQL: NULL or a text. Undefined where the row is deleted. */
  readonly left: string | undefined
  /** Columns that become NULL, as they are written. */
  readonly emptied: readonly string[]
}

export const PURGE_EXAMPLE = 'UPDATE accounts SET password_hash = NULL WHERE id = :id'

const refuse = (why: string): never => {
  throw new AppError('purge_sql_invalid', { detail: `--sql ${why}. An example: ${PURGE_EXAMPLE}` })
}

const NAME = String.raw`(?:[A-Za-z_][\w$]*|"[^"\\]+"|` + '`[^`\\\\]+`)'
const TABLE = String.raw`${NAME}(?:\.${NAME})?`
const UPDATE = new RegExp(String.raw`^UPDATE\s+(${TABLE})\s+SET\s+(.+?)\s+WHERE\s+(.+)$`, 'is')
const DELETE = new RegExp(String.raw`^DELETE\s+FROM\s+(${TABLE})\s+WHERE\s+(.+)$`, 'is')
const BY_ID = new RegExp(String.raw`^(?:(.+)\s+AND\s+)?(${NAME})\s*=\s*:id$`, 'is')
const ASSIGNMENT = new RegExp(
  String.raw`(?:^|,)\s*(${NAME})\s*=\s*(NULL|'[^'\\]*')\s*(?=,|$)`,
  'giu',
)

const MAX_LENGTH = 2_000

/** A second statement, a comment that hides the end, a backslash that dialects read differently, and all that reaches more rows. */
const ODD: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/[\p{Cc}\\]/u, 'must be one line without backslashes'],
  [/;/, 'must be one statement'],
  [/--|\/\*|#/, 'must have no comment'],
  [
    /\b(?:X?OR|BETWEEN)\b|\|\|/i,
    'must have no OR and no BETWEEN, which would reach more than one person',
  ],
  [
    /\b(?:SELECT|RETURNING|LIMIT|ORDER|JOIN|UNION|WITH)\b/i,
    'must be simple: a table, columns and a condition',
  ],
]

const withoutTexts = (sql: string): string => sql.replaceAll(/'[^']*'/g, "''")

const checkShape = (sql: string): void => {
  if (sql.length > MAX_LENGTH) refuse(`is longer than ${MAX_LENGTH} characters`)
  for (const [pattern, why] of ODD) if (pattern.test(withoutTexts(sql))) refuse(why)
  if (/[\p{Cc}\\]/u.test(sql)) refuse('must be one line without backslashes')
  if ((sql.match(/'/g)?.length ?? 0) % 2 === 1) refuse('has a text without an end')
  if (withoutTexts(sql).match(/:id\b/g)?.length !== 1) refuse('must have :id once')
  if (withoutTexts(sql).match(/\bWHERE\b/gi)?.length !== 1) refuse('must have WHERE once')
}

interface Target {
  readonly hash: string
  readonly left: string | undefined
  readonly emptied: readonly string[]
}

/** The hash is in the one column that becomes NULL or a text, unless it is named. */
const targetOf = (assigned: string | undefined, named: string | undefined): Target => {
  if (assigned === undefined) {
    return {
      hash: named ?? refuse('deletes rows, so --hash-column COLUMN must name that of the hash'),
      left: undefined,
      emptied: [],
    }
  }
  const all = [...assigned.matchAll(ASSIGNMENT)].map(([, name = '', value = '']) => ({
    name,
    value,
  }))
  if (named === undefined && all.length > 1)
    return refuse('sets more than one column, so --hash-column COLUMN must name that of the hash')
  const found = named === undefined ? all[0] : all.find(({ name }) => name === named)
  if (!found) return refuse('must set the column of the hash to NULL, or to a text')
  const emptied = all.filter(({ value }) => value.toUpperCase() === 'NULL').map(({ name }) => name)
  return { hash: found.name, left: found.value, emptied }
}

/**
 * @param hashColumn as `--hash-column` names it
 * @throws AppError `purge_sql_invalid`
 */
export const readTemplate = (text: string, hashColumn?: string): PurgeTemplate => {
  const sql = text.trim().replace(/\s*;$/, '')
  checkShape(sql)
  const update = UPDATE.exec(sql)
  const [, table = '', assigned, condition = ''] = update ?? []
  const [, from = table, where = condition] = update ? [] : (DELETE.exec(sql) ?? [])
  if (where === '') refuse('must be one UPDATE or DELETE FROM with a WHERE')
  const [, others = '', id] = BY_ID.exec(where) ?? []
  if (id === undefined) return refuse('must end with the column of the id, as "WHERE id = :id"')
  const head = sql.slice(0, -':id'.length)
  const target = targetOf(update ? assigned : undefined, hashColumn)
  return { sql, table: from, head, where: where.slice(0, -':id'.length), others, id, ...target }
}

/** The name as the database's catalogue has it. */
export const bareName = (name: string): string => name.replace(/^["`](.*)["`]$/s, '$1')
