/** Owns the legacy store in PostgreSQL. */
import { Socket } from 'node:net'
import pg from 'pg'
import { DEFAULT_PORTS, postgresOptions, type Address } from '../address.ts'
import { typesWith } from '../postgres-types.ts'
import { EMPTY } from './parameters.ts'
import { scanWarnings } from './plan.ts'
import type { Server, SqlLink } from './remote.ts'

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
  }
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

/** Small tables are scanned by choice; with that choice made dear, what still scans has no index. */
const inspect: Server['inspect'] = async (link, { sql, text, valuesOf }) => {
  await link.query('BEGIN')
  await link.query('SET LOCAL enable_seqscan = off')
  const { rows } = await link.query(`EXPLAIN (FORMAT JSON) ${text}`, valuesOf(EMPTY))
  await link.query('ROLLBACK')
  const [{ Plan: plan }] = JSON.parse(rows[0]?.['QUERY PLAN'] as string) as [{ Plan: Plan }]
  return scanWarnings(scannedIn(plan), sql)
}

export const POSTGRES: Server = {
  dialect: 'postgres',
  defaultPort: DEFAULT_PORTS.postgres,
  open,
  // "PostgreSQL Error Codes" (appendix A): what the database's encoding cannot hold.
  unfindable: /^(?:22021|22P05)$/,
  // Connection exceptions, insufficient resources, operator intervention (restarts, the time limit).
  passing: /^(?:08|53|57)/,
  inspect,
}
