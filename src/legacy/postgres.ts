/** The legacy store in PostgreSQL. */
import { Socket } from 'node:net'
import pg from 'pg'
import { DEFAULT_PORTS, parseAddress, postgresOptions, type Address } from '../address.ts'
import { typesWith } from '../postgres-types.ts'
import { comparisons, scanFinding, tablesIn, tablesOf, unquoted } from './advice.ts'
import {
  lineFindings,
  SERVER_IDLE_MS,
  type ColumnType,
  type Driver,
  type SqlLink,
} from './driver.ts'
import { firstRows, valuesForNobody, type Lookup } from './lookup.ts'

const asWhole = (text: string): bigint | string => (/^-?\d+$/.test(text) ? BigInt(text) : text)

const types = typesWith({
  [pg.types.builtins.NUMERIC]: asWhole,
  [pg.types.builtins.BIT]: (text) => BigInt(`0b${text}`),
  // CHAR(n) comes filled up with spaces.
  [pg.types.builtins.BPCHAR]: (text) => text.replace(/ +$/, ''),
})

const optionsOf = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')

const open = (address: Address, statementMs: number): SqlLink => {
  const socket = new Socket()
  const client = new pg.Client({
    ...postgresOptions(address),
    stream: () => socket,
    application_name: 'okta-migrate',
    options: optionsOf({
      default_transaction_read_only: 'on',
      statement_timeout: statementMs,
      standard_conforming_strings: 'on',
    }),
    types,
  })
  // What ends a session also fails whatever waits for it; between lookups nobody does.
  client.on('error', () => socket.destroy())
  return {
    ready: client.connect(),
    isOpen: () => socket.readyState === 'open',
    end: () => {
      void client.end()
      socket.destroySoon()
    },
    destroy: () => socket.destroy(),
    query: async (text, values = []) => {
      const { fields, rows } = await client.query<Record<string, unknown>>(text, [...values])
      return { columns: fields.map(({ name }) => name), rows }
    },
    describe: (lookup) => describe(client, lookup),
    survives: () => false,
  }
}

/** "pg_type", typcategory. */
const KINDS: Readonly<Record<string, ColumnType['kind']>> = {
  B: 'boolean',
  N: 'number',
  V: 'number',
  S: 'text',
  E: 'text',
  // The type "char", of one byte.
  Z: 'text',
  D: 'date',
}

const TYPES = `
  SELECT oid::text, typname, typcategory,
         array_to_json(ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid))::text AS words
    FROM pg_type AS t WHERE oid = ANY ($1::oid[])`

type TypeRow = Readonly<Record<'oid' | 'typname' | 'typcategory' | 'words', string>>

const toColumnType = (name: string, row: TypeRow | undefined): ColumnType => {
  if (!row) return { name, kind: 'unknown' }
  const words = JSON.parse(row.words) as string[]
  const kind = row.typname === 'bytea' ? 'bytes' : (KINDS[row.typcategory] ?? 'other')
  return words.length > 0 ? { name, kind, words } : { name, kind }
}

const describe = async (client: pg.Client, lookup: Lookup): Promise<readonly ColumnType[]> => {
  const nothing = firstRows(lookup.inner, 'lookup', 0)
  const { fields } = await client.query(nothing, valuesForNobody(lookup))
  const oids = fields.map(({ dataTypeID }) => dataTypeID)
  const { rows } = await client.query<TypeRow>(TYPES, [`{${oids.join()}}`])
  return fields.map(({ name, dataTypeID }) =>
    toColumnType(
      name,
      rows.find(({ oid }) => oid === String(dataTypeID)),
    ),
  )
}

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

/** A table with such a column. Views are not in a plan, so that none is told an index. */
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
  link: SqlLink,
  lookup: Lookup,
  scanned: readonly string[],
): Promise<string[]> => {
  const [compared, tables] = [comparisons(lookup.sql), tablesIn(lookup.sql)]
  if (compared.length !== lookup.uses) return []
  const indexes: string[] = []
  for (const comparison of compared) {
    const found: ColumnRow[] = []
    for (const { table } of tablesOf(comparison, tables)) {
      const { rows } = await link.query(COLUMN, [table, columnName(comparison.column)])
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

/** Small tables are scanned by choice; with that choice made costly, what still scans has no index. */
const inspect: Driver['inspect'] = async (link, lookup) => {
  await link.query('BEGIN')
  await link.query('SET LOCAL enable_seqscan = off')
  const { rows } = await link.query(`EXPLAIN (FORMAT JSON) ${lookup.text}`, valuesForNobody(lookup))
  await link.query('ROLLBACK')
  const [{ Plan: plan }] = JSON.parse(rows[0]?.['QUERY PLAN'] as string) as [{ Plan: Plan }]
  const scanned = scannedIn(plan)
  if (scanned.length === 0) return []
  return scanFinding(scanned, await indexesFor(link, lookup, scanned))
}

export const POSTGRES: Driver = {
  dialect: 'postgres',
  maxIdleMs: SERVER_IDLE_MS,
  locate: ({ url, ca, statementMs }) => {
    const address = parseAddress(url, {
      prefix: 'LEGACY_DB',
      defaultPort: DEFAULT_PORTS.postgres,
      ca,
    })
    return {
      open: () => open(address, statementMs),
      findings: lineFindings(address),
    }
  },
  // "PostgreSQL Error Codes" (appendix A): what the database's encoding cannot hold, and what is no pattern.
  unfindable: /^(?:22021|22P05|2201B|22025)$/,
  // Connection exceptions, conflicts with other transactions, insufficient resources, locks, operator
  // intervention (restarts, the time limit). What cuts a session off has no code.
  passing: /^(?:08|40|53|55P03|57)|^Connection terminated/,
  inspect,
}
