/** The driver of the legacy store for PostgreSQL. */
import { parseAddress } from '../../sql/address.ts'
import { comparisons, scanFinding, tablesIn, tablesOf, unquoted } from '../check/plan-advice.ts'
import { transportFindings, SERVER_IDLE_MS, type Driver, type SqlConnection } from './driver.ts'
import type { Lookup } from './lookup.ts'
import { createDialect, TOKENS } from './parameters.ts'
import { openPostgresConnection } from './postgres-session.ts'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

/** Tables read without an index condition: by a sequential scan, or along all of some index. */
const scannedIn = (plan: Plan, above?: string): string[] => {
  // The index part of a bitmap scan does not name the table, the part above it does.
  const { 'Node Type': type, 'Relation Name': table = above, Plans = [] } = plan
  const isScan = type === 'Seq Scan' || (type.includes('Index') && !plan['Index Cond'])
  const below = Plans.flatMap((part) => scannedIn(part, table))
  return isScan && table !== undefined ? [table, ...below] : below
}

/** A table with such a column. Views are not in a plan, so no index is suggested for one. */
const COLUMN = `
  SELECT c.relname AS relation, format('%I.%I', n.nspname, c.relname) AS "table",
         quote_ident(a.attname) AS "column"
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
   WHERE c.oid = to_regclass($1) AND a.attname = $2`

type ColumnRow = Readonly<Record<'relation' | 'table' | 'column', string>>

const columnName = (written: string): string =>
  written.startsWith('"') ? unquoted(written) : written.toLowerCase()

/** @returns none where one of the comparisons is of another kind, since its index would be missing */
const indexesFor = async (
  connection: SqlConnection,
  lookup: Lookup,
  scanned: readonly string[],
): Promise<string[]> => {
  const [compared, tables] = [comparisons(lookup.sql), tablesIn(lookup.sql)]
  if (compared.length !== lookup.uses) return []
  const indexes: string[] = []
  for (const comparison of compared) {
    const found: ColumnRow[] = []
    for (const { table } of tablesOf(comparison, tables)) {
      const { rows } = await connection.query(COLUMN, [table, columnName(comparison.column)])
      found.push(...(rows as unknown as ColumnRow[]))
    }
    const [row] = found
    if (!row || found.length > 1 || comparison.collate !== '') return []
    const expression = comparison.lowered ? `lower(${row.column})` : row.column
    if (scanned.includes(row.relation))
      indexes.push(`CREATE INDEX ON ${row.table} (${expression});`)
  }
  return indexes
}

const inspect: Driver['inspect'] = async (connection, lookup) => {
  const rows = await connection.explain(lookup)
  const [{ Plan: plan }] = JSON.parse(rows[0]?.['QUERY PLAN'] as string) as [{ Plan: Plan }]
  const scanned = scannedIn(plan)
  if (scanned.length === 0) return []
  return scanFinding(scanned, await indexesFor(connection, lookup, scanned))
}

/** "Lexical Structure" (4.1). PostgreSQL's own `$1` would be taken for one of the placeholders. */
const DIALECT = createDialect(
  String.raw`--[^\r\n]*|(?<comment>/\*)|[eE]${TOKENS.escaped("'")}|${TOKENS.plain}|` +
    String.raw`\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$|` +
    String.raw`${TOKENS.word}|::|${TOKENS.parameter}|(?<foreign>\$\d+)|[^]`,
  {
    nests: true,
    placeholder: (name, names) => {
      if (!names.includes(name)) names.push(name)
      return `$${names.indexOf(name) + 1}`
    },
  },
)

/** One table stands for all. `has_table_privilege` with a list asks for any of them. */
const WRITABLE = `
  SELECT c.oid::regclass::text AS name
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> 'information_schema'
     AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE')
     AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
   LIMIT 1`

export const POSTGRES: Driver = {
  kind: 'postgres',
  writableSql: WRITABLE,
  dialect: DIALECT,
  maxIdleMs: SERVER_IDLE_MS,
  createConnector: ({ url, ca, statementMs }) => {
    const address = parseAddress(url, { prefix: 'LEGACY_DB', ca })
    const open = () => openPostgresConnection(address, statementMs)
    return { open, findings: transportFindings(address) }
  },
  // "PostgreSQL Error Codes" (appendix A): what the database's encoding cannot hold, and what is no pattern.
  invalidLogin: /^(?:22021|22P05|2201B|22025)$/,
  inspect,
}
