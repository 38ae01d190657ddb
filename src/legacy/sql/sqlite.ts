/** The driver of the legacy store for SQLite files, which threads read. */
import Database from 'better-sqlite3'
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { sqlitePath } from '../../sql/kinds.ts'
import { endsWithin, within, type Clock } from '../../clock.ts'
import { startThread, threadUrl } from '../../thread.ts'
import { comparisons, scanFinding, tablesIn, unquoted } from '../check/plan-advice.ts'
import type { QueryResult, ColumnType, Driver, SqlConnection } from './driver.ts'
import { valuesForUnknown, type Lookup } from './lookup.ts'
import { createDialect, TOKENS, withLimit } from './parameters.ts'
import type { ReaderReply, ReaderRequest, ReaderOptions, ToReader } from './sqlite-thread.ts'

const THREAD_URL = threadUrl('sqlite')

/** A second thread reads on where the first is held up by a scan; more would only share the same disk. */
const MAX_CONNECTIONS = 2

/** A thread that hangs in the file system cannot be ended: beyond so many, no more are started. */
const MAX_THREADS = 4

/** SQLite gives up on a lock before we give up on SQLite, so that the log names the cause. */
const BUSY_SHARE = 0.8

const LATE = 'SQLITE_INTERRUPT'

const failure = (message: string, code: string | undefined): Error =>
  Object.assign(new Error(message), { code })

/** "Datatypes In SQLite" 3.1: what a declared type means. */
const kindOf = (declared: string | null): ColumnType['kind'] => {
  if (declared === null) return 'unknown'
  if (/DATE|TIME/i.test(declared)) return 'date'
  if (/INT|BOOL|NUM|DEC|REAL|DOUB|FLOA|BIT/i.test(declared)) return 'number'
  if (/CHAR|CLOB|TEXT/i.test(declared)) return 'text'
  return /BLOB/i.test(declared) ? 'bytes' : 'unknown'
}

/** @returns undefined where no thread can be started: the operating system may refuse one too */
const startReader = (setup: ReaderOptions, threads: Set<Worker>): Worker | undefined => {
  if (threads.size >= MAX_THREADS) return undefined
  try {
    const thread = startThread(THREAD_URL, setup)
    threads.add(thread)
    thread.on('exit', () => threads.delete(thread))
    thread.unref()
    return thread
  } catch {
    return undefined
  }
}

/** Resolves when the threads have ended; one that hangs is waited for as long as a statement may take. */
const untilEnded = async (threads: Set<Worker>, limitMs: number, clock: Clock): Promise<void> => {
  const ends = [...threads].map((thread) => {
    thread.ref()
    return once(thread, 'exit')
  })
  await endsWithin(clock, limitMs, Promise.all(ends)).catch(() => false)
}

const explainStatement = ({ inner }: Lookup): string => `EXPLAIN QUERY PLAN ${inner}`

/** A queue of requests to one thread, which replies in their order. */
const openConnection = (
  setup: ReaderOptions,
  limitMs: number,
  clock: Clock,
  threads: Set<Worker>,
): SqlConnection => {
  const thread = startReader(setup, threads)
  let isOpen = thread !== undefined
  const shut = (): void => {
    isOpen = false
  }
  thread?.on('error', shut).on('exit', shut)
  // Not terminated: native code that finds its thread terminated ends the whole process (node-addon-api).
  const destroy = (): void => {
    isOpen = false
    thread?.postMessage('close' satisfies ToReader)
  }

  const ask = async (request: ReaderRequest): Promise<Exclude<ReaderReply, { code: unknown }>> => {
    if (!thread) throw failure('no thread is free to read the file', 'SQLITE_BUSY')
    const answered = once(thread, 'message') as Promise<[ReaderReply]>
    thread.postMessage(request)
    const late = (): Error => failure(`it took longer than ${limitMs} ms`, LATE)
    const [reply] = await within(clock, clock.now() + limitMs, answered, late)
    if ('message' in reply) throw failure(reply.message, reply.code)
    return reply
  }
  return {
    ready: thread ? once(thread, 'message') : Promise.resolve(),
    isOpen: () => isOpen,
    end: destroy,
    destroy,
    query: async (text, values = []): Promise<QueryResult> => ask({ text, values }),
    describe: async (lookup) => {
      const text = withLimit(lookup.inner, 'lookup', 0)
      const { columns, types } = await ask({ text, values: valuesForUnknown(lookup) })
      return columns.map((name, i) => ({ name, kind: kindOf(types[i] ?? null) }))
    },
    explain: async (lookup) => {
      const values = valuesForUnknown(lookup)
      return (await ask({ text: explainStatement(lookup), values })).rows
    },
    // A thread that has replied has closed its file, and opens it again.
    survives: (err) => (err as { code?: string }).code !== LATE,
  }
}

/** A full pass over a table, as EXPLAIN QUERY PLAN words it (SQLite, "EXPLAIN QUERY PLAN" 1.1). */
const SCAN = /^SCAN (?!CONSTANT\b)(?<name>\w+)/

const scannedIn = (details: readonly unknown[]): string[] =>
  details.flatMap((detail) => SCAN.exec(String(detail))?.groups?.['name'] ?? [])

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Tries indexes on an empty copy of the schema. @returns the statements that end all scans, or none */
const indexesFor = (schema: readonly string[], lookup: Lookup): string[] => {
  const copy = new Database(':memory:')
  const tryOut = (statement: string): string[] => {
    try {
      copy.exec(statement)
      return [statement]
    } catch {
      return []
    }
  }
  try {
    schema.forEach(tryOut)
    const created = comparisons(lookup.sql).flatMap(({ column, lowered, collate }, i) =>
      tablesIn(lookup.sql).flatMap(({ table }) => {
        const name = unquoted(table.replace(/^main\./i, ''))
        const inner = lowered ? `lower(${quote(unquoted(column))})` : quote(unquoted(column))
        const index = quote(`${name}_login_${i + 1}`)
        return tryOut(`CREATE INDEX ${index} ON ${quote(name)} (${inner}${collate});`)
      }),
    )
    const plan = copy.prepare<string[], { detail: string }>(explainStatement(lookup))
    const details = plan.all(...valuesForUnknown(lookup)).map(({ detail }) => detail)
    return scannedIn(details).length === 0 ? created : []
  } catch {
    return []
  } finally {
    copy.close()
  }
}

const inspect: Driver['inspect'] = async (connection, lookup) => {
  const plan = await connection.explain(lookup)
  const scanned = scannedIn(plan.map(({ detail }) => detail))
  if (scanned.length === 0) return []
  const { rows } = await connection.query(
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
  )
  const schema = rows.map(({ sql }) => String(sql))
  return scanFinding(scanned, indexesFor(schema, lookup))
}

/** "SQLite Keywords" (quoted names) and "Parameters". */
const DIALECT = createDialect(
  String.raw`--[^\n]*|(?<comment>/\*)|${TOKENS.plain}|` +
    '`(?:[^`]|``)*`|' +
    String.raw`\[[^\]]*\]|${TOKENS.word}|${TOKENS.parameter}|(?<foreign>\?\d*|[@$]\w+)|[^]`,
)

export const SQLITE: Driver = {
  kind: 'sqlite',
  dialect: DIALECT,
  maxConnections: MAX_CONNECTIONS,
  maxIdleMs: Infinity,
  createConnector: ({ url, statementMs, clock }) => {
    const threads = new Set<Worker>()
    const setup = { path: sqlitePath(url), busyMs: Math.floor(statementMs * BUSY_SHARE) }
    return {
      open: () => openConnection(setup, statementMs, clock, threads),
      untilClosed: () => untilEnded(threads, statementMs, clock),
      findings: [],
    }
  },
  invalidLogin: /^LIKE or GLOB pattern too complex/,
  inspect,
}
