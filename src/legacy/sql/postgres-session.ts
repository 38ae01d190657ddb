/** A session with PostgreSQL in which every statement is a read-only transaction of its own. */
import { Socket } from 'node:net'
import pg from 'pg'
import type { Address } from '../../sql/address.ts'
import { PostgresClient, postgresOptions, typesWith } from '../../sql/postgres-client.ts'
import type { QueryResult, ColumnType, SqlConnection } from './driver.ts'
import { valuesForUnknown, type Lookup } from './lookup.ts'
import { withLimit } from './parameters.ts'

const types = typesWith({})

type Ask = (
  text: string,
  values?: readonly string[],
  settings?: readonly string[],
) => Promise<pg.QueryResult<Record<string, unknown>>>

/**
 * A pooler such as PgBouncer refuses or ignores settings of the session, and gives each transaction to another
 * session with the server; so the settings are the transaction's. They go out with the statement, in one round
 * trip. ROLLBACK, and not COMMIT, takes back what a `set_config(…, false)` in the statement did to the session.
 * @param statementMs milliseconds after which the server ends the statement
 */
const transactionsOf = (client: pg.Client, statementMs: number): Ask => {
  const begin = [
    'BEGIN READ ONLY',
    `SET LOCAL statement_timeout = ${statementMs}`,
    // The parameters of a statement are found by the rules of its strings, and one of them has a switch.
    'SET LOCAL standard_conforming_strings = on',
  ]
  return async (text, values = [], settings = []) => {
    const { stream } = client.connection
    // As an extended query it can be one statement only, and it has no name that a pooler would lose.
    const statement = { text, values: [...values], queryMode: 'extended' }
    stream.cork()
    const parts = [
      client.query([...begin, ...settings].join('; ')),
      client.query<Record<string, unknown>>(statement),
      client.query('ROLLBACK'),
    ] as const
    stream.uncork()
    await Promise.allSettled(parts)
    if (client.getTransactionStatus() !== 'I') stream.destroy()
    // Where BEGIN failed, the statement ran all the same, and its rows do not count.
    const [, answer] = await Promise.all(parts)
    return answer
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

const describe = async (ask: Ask, lookup: Lookup): Promise<readonly ColumnType[]> => {
  const nothing = withLimit(lookup.inner, 'lookup', 0)
  const { fields } = await ask(nothing, valuesForUnknown(lookup))
  const oids = fields.map(({ dataTypeID }) => dataTypeID)
  const rows = (await ask(TYPES, [`{${oids.join()}}`])).rows as TypeRow[]
  return fields.map(({ name, dataTypeID }) => {
    const row = rows.find(({ oid }) => oid === String(dataTypeID))
    return toColumnType(name, row)
  })
}

/** Small tables are scanned by choice; with that choice made costly, what still scans has no index. */
const NO_SCANS = 'SET LOCAL enable_seqscan = off'

export const openPostgresConnection = (address: Address, statementMs: number): SqlConnection => {
  const socket = new Socket()
  const client = new PostgresClient({
    ...postgresOptions(address),
    stream: () => socket,
    application_name: 'okta-migrate',
    pipeline: true,
    types,
  })
  // A session that ends also fails what waits for it; between lookups, nothing does.
  client.on('error', () => socket.destroy())
  const ask = transactionsOf(client, statementMs)
  return {
    ready: client.connect(),
    isOpen: () => socket.readyState === 'open',
    end: () => {
      void client.end()
      socket.destroySoon()
    },
    destroy: () => socket.destroy(),
    query: async (text, values): Promise<QueryResult> => {
      const { fields, rows } = await ask(text, values)
      return { columns: fields.map(({ name }) => name), rows }
    },
    describe: (lookup) => describe(ask, lookup),
    explain: async (lookup) => {
      const text = `EXPLAIN (FORMAT JSON) ${lookup.text}`
      return (await ask(text, valuesForUnknown(lookup), [NO_SCANS])).rows
    },
    survives: () => false,
  }
}
