/** What each kind of database needs in the SQL of a purge: how a table is read, and how one row is named exactly. */
import type { DatabaseKind } from '../../sql/kinds.ts'
import { bareName, type PurgeTemplate } from './template.ts'

/** How the id of one row is kept, as the type of its column or its value asks for. */
export type IdForm = 'text' | 'bytes' | 'integer' | 'real'

export interface ColumnFact {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
}

export interface TargetId {
  readonly text: string
  /** Of the text, or of the bytes. */
  readonly hex: string
  readonly form: IdForm
}

export interface PurgeDialect {
  /** Reads name, type and whether it is required, of each column of the table. */
  readonly columnsSql: (table: string) => string
  /** The form of all ids; undefined where each value has its own. */
  readonly formOf: (type: string) => IdForm | undefined
  /** Expressions over the column of the id. */
  readonly text: (id: string, form: IdForm | undefined) => string
  readonly hex: (id: string, form: IdForm | undefined) => string
  readonly form: (id: string, form: IdForm | undefined) => string
  /** Five hexadecimal digits of a digest of the hash. */
  readonly digest: (hash: string) => string
  readonly literal: (id: TargetId) => string
  readonly quoteName: (name: string) => string
  /** What must hold beside the id being equal, where equal ids can be of different types. */
  readonly guard: (id: string, form: IdForm) => string
  readonly head: readonly string[]
  readonly begin: string
  readonly run: string
}

/**
 * A digest of an unsalted hash would be as good as the hash for guessing, so the file has 20 bits of it: they tell all
 * but one in a million changed hashes from the one before, and leave a million candidates for each guess.
 */
const DIGITS = 5

/** The greatest prime below 2^20. SQLite has no digest, and its shell's extensions are not always there. */
const PRIME = 1_048_573

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
const inDouble = (name: string): string => `"${name.replaceAll('"', '""')}"`

const partsOf = (table: string): [schema: string | undefined, name: string] => {
  const parts = table.match(/"[^"]+"|`[^`]+`|[^.]+/g) ?? []
  const [first = '', second] = parts.map(bareName)
  return second === undefined ? [undefined, first] : [first, second]
}

const sqlite: PurgeDialect = {
  columnsSql: (table) => {
    const [schema, name] = partsOf(table)
    const where = schema === undefined ? quoted(name) : `${quoted(name)}, ${quoted(schema)}`
    return `SELECT name, type, "notnull" AS required FROM pragma_table_info(${where})`
  },
  formOf: () => undefined,
  text: (id) => `CASE typeof(${id}) WHEN 'blob' THEN hex(${id}) ELSE CAST(${id} AS TEXT) END`,
  hex: (id) => `hex(${id})`,
  form: (id) => `CASE typeof(${id}) WHEN 'blob' THEN 'bytes' ELSE typeof(${id}) END`,
  // The hash's column is named from within the query, whose own columns must have other names.
  digest: (hash) =>
    `(WITH RECURSIVE purge_digest(purge_at, purge_code) AS (SELECT 0, 0 UNION ALL SELECT purge_at + 1, (purge_code * 257 + unicode(substr(hex(${hash}), purge_at + 1, 1))) % ${PRIME} FROM purge_digest WHERE purge_at < length(hex(${hash}))) SELECT printf('%0${DIGITS}x', purge_code) FROM purge_digest ORDER BY purge_at DESC LIMIT 1)`,
  literal: ({ text, hex, form }) => {
    if (form === 'bytes') return `X'${hex}'`
    // Without an affinity a column would compare a number with a text, and find nothing.
    if (form !== 'text')
      return `CAST(${quoted(text)} AS ${form === 'integer' ? 'INTEGER' : 'REAL'})`
    return quoted(text)
  },
  quoteName: inDouble,
  guard: (id, form) => `typeof(${id}) = '${form === 'bytes' ? 'blob' : form}' AND `,
  head: ['.bail on'],
  begin: 'BEGIN IMMEDIATE;',
  run: 'sqlite3 FILE < purge.sql',
}

const postgres: PurgeDialect = {
  columnsSql: (table) =>
    `SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS required FROM pg_attribute a WHERE a.attrelid = to_regclass(${quoted(table)}) AND a.attnum > 0 AND NOT a.attisdropped`,
  formOf: (type) => (type === 'bytea' ? 'bytes' : 'text'),
  text: (id, form) => (form === 'bytes' ? `encode(${id}, 'hex')` : `${id}::text`),
  hex: (id, form) =>
    form === 'bytes' ? `encode(${id}, 'hex')` : `encode(convert_to(${id}::text, 'UTF8'), 'hex')`,
  form: (_, form) => `'${form ?? 'text'}'`,
  digest: (hash) => `left(encode(sha256(convert_to(${hash}::text, 'UTF8')), 'hex'), ${DIGITS})`,
  literal: ({ text, hex, form }) => (form === 'bytes' ? `'\\x${hex}'` : quoted(text)),
  quoteName: inDouble,
  guard: () => '',
  head: ['\\set ON_ERROR_STOP on', '\\encoding UTF8', 'SET standard_conforming_strings = on;'],
  begin: 'BEGIN;',
  run: 'psql DATABASE -f purge.sql',
}

const BYTES = /^(?:(?:var)?binary|(?:tiny|medium|long)?blob)$/i

const mysql: PurgeDialect = {
  columnsSql: (table) => {
    const [schema, name] = partsOf(table)
    const where = schema === undefined ? 'DATABASE()' : quoted(schema)
    return `SELECT column_name AS name, data_type AS type, IF(is_nullable = 'NO', 1, 0) AS required FROM information_schema.columns WHERE table_schema = ${where} AND table_name = ${quoted(name)}`
  },
  formOf: (type) => (BYTES.test(type) ? 'bytes' : 'text'),
  text: (id, form) => (form === 'bytes' ? `HEX(${id})` : `CONVERT(${id} USING utf8mb4)`),
  hex: (id, form) => (form === 'bytes' ? `HEX(${id})` : `HEX(CONVERT(${id} USING utf8mb4))`),
  form: (_, form) => `'${form ?? 'text'}'`,
  digest: (hash) => `LEFT(SHA2(${hash}, 256), ${DIGITS})`,
  // Whether a backslash escapes depends on NO_BACKSLASH_ESCAPES, and other bytes on the client's character set.
  literal: ({ text, hex, form }) => {
    if (form === 'bytes') return `X'${hex}'`
    return /^[\x20-\x5b\x5d-\x7e]*$/.test(text) ? quoted(text) : `_utf8mb4 X'${hex}'`
  },
  quoteName: (name) => `\`${name.replaceAll('`', '``')}\``,
  guard: () => '',
  head: ['SET NAMES utf8mb4;'],
  begin: 'START TRANSACTION;',
  run: 'mysql DATABASE < purge.sql',
}

export const PURGE_DIALECTS: Readonly<Record<DatabaseKind, PurgeDialect>> = {
  sqlite,
  postgres,
  mysql,
}

/** Empty where there is no hash, or what a purge leaves in its place. */
const digestOf = (dialect: PurgeDialect, hash: string, left: string | undefined): string => {
  const isLeft = left === undefined || left.toUpperCase() === 'NULL' ? '' : ` OR ${hash} = ${left}`
  return `CASE WHEN ${hash} IS NULL${isLeft} THEN '' ELSE ${dialect.digest(hash)} END AS digest`
}

/** The one SELECT that reads ids and digests of all rows that may be purged. */
export const targetSql = (
  dialect: PurgeDialect,
  { table, id, hash, others, left }: PurgeTemplate,
  form: IdForm | undefined,
): string => {
  const where = others === '' ? '' : ` AND ${others}`
  return `SELECT ${id} AS id, ${dialect.text(id, form)} AS text, ${dialect.hex(id, form)} AS hex, ${dialect.form(id, form)} AS form, ${digestOf(dialect, hash, left)} FROM ${table} WHERE ${id} IS NOT NULL${where}`
}

const auditOf = (sql: string): string => `(${sql.trim().replace(/;$/, '')}\n) AS purge_audit`

/** No row, but the columns. */
export const auditedColumnsSql = (sql: string): string =>
  `SELECT * FROM ${auditOf(sql)} WHERE 1 = 0`

export interface AuditedColumns {
  readonly id: string
  readonly hash: string
  /** Undefined where nobody has named it. */
  readonly changed: string | undefined
}

/**
 * What the audit reads of the same ids, so that a column which is not the id is found.
 * @param sql as LEGACY_AUDIT_SQL
 */
export const auditedSql = (
  dialect: PurgeDialect,
  sql: string,
  columns: AuditedColumns,
  left: string | undefined,
): string => {
  const named = (name: string): string => `purge_audit.${dialect.quoteName(name)}`
  const [id, hash] = [named(columns.id), named(columns.hash)]
  const changed = columns.changed === undefined ? 'NULL' : named(columns.changed)
  return `SELECT ${id} AS id, ${digestOf(dialect, hash, left)}, ${changed} AS changed, CASE WHEN ${changed} IS NULL THEN 0 ELSE 1 END AS has_change FROM ${auditOf(sql)} WHERE ${id} IS NOT NULL`
}

/**
 * One statement, which touches one row or none: the id is compared as the database compares it, so that an index is used,
 * and then byte by byte; the hash is the one that was read; and no second row has the id.
 */
export const statementFor = (
  dialect: PurgeDialect,
  { head, table, where, id, hash }: PurgeTemplate,
  target: TargetId & { readonly digest: string },
): string => {
  const literal = dialect.literal(target)
  const bytes = dialect.hex(id, target.form)
  const exact = `${dialect.guard(id, target.form)}${bytes} = '${target.hex}'`
  const twins = `(SELECT n FROM (SELECT count(*) AS n FROM ${table} WHERE ${where}${literal} AND ${exact}) AS twins) = 1`
  return `${head}${literal} AND ${twins} AND ${exact} AND ${dialect.digest(hash)} = '${target.digest}';`
}
