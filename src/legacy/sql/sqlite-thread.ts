/** The thread that reads a SQLite file, so that a lock, a scan or a slow disk does not stop the server. */
import Database from 'better-sqlite3'
import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

export interface ReaderOptions {
  readonly path: string
  /** Milliseconds to wait for a writer's lock. */
  readonly busyMs: number
}

export interface ReaderRequest {
  readonly text: string
  readonly values: readonly string[]
}

/** Answered with `ready` at the start, and with a reply for each request, in order; `close` ends the thread. */
export type ToReader = ReaderRequest | 'close'

export type ReaderReply =
  | {
      readonly columns: readonly string[]
      /** As they were declared; null where a column is an expression. */
      readonly types: readonly (string | null)[]
      readonly rows: readonly Record<string, unknown>[]
      readonly store: string
    }
  | { readonly code: string | undefined; readonly message: string }

const port = parentPort
if (!port) throw new TypeError('sqlite-thread.ts runs as a worker thread only')

const { path, busyMs } = workerData as ReaderOptions

interface Opened {
  readonly db: Database.Database
  readonly statements: Map<string, Database.Statement<string[], Record<string, unknown>>>
  /** Which file it is. */
  readonly file: string
  /** In which state the file was. */
  readonly version: string
}

let opened: Opened | undefined

/** Follows links, as SQLite does. */
const look = (): Pick<Opened, 'file' | 'version'> => {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stats) throw Object.assign(new Error(`there is no file at ${path}`), { code: 'ENOENT' })
  if (!stats.isFile()) throw new TypeError(`${path} is not a file`)
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return { file: `${dev}:${ino}`, version: `${size}:${mtimeNs}:${ctimeNs}` }
}

const open = (): Opened => {
  const seen = look()
  // SQLite sees commits by itself, but neither another file at the path (mv) nor, for certain, one that
  // was copied over this one (cp): its header may be the same.
  if (opened?.file === seen.file && opened.version === seen.version) return opened
  opened?.db.close()
  opened = undefined
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMs })
  opened = { db, statements: new Map(), ...seen }
  return opened
}

/** Every text is one of the few that the store makes of its statements. */
const prepare = ({ db, statements }: Opened, text: string) => {
  const statement = statements.get(text) ?? db.prepare<string[], Record<string, unknown>>(text)
  if (!statement.reader || !statement.readonly) throw new TypeError('it must be one SELECT')
  statements.set(text, statement)
  return statement.safeIntegers()
}

const run = ({ text, values }: ReaderRequest): ReaderReply => {
  for (;;) {
    const from = open()
    const statement = prepare(from, text)
    const rows = statement.all(...values)
    // The file may have been replaced between the look and the opening: then it is not known whose rows these are.
    if (look().file !== from.file) continue
    const columns = statement.columns()
    return {
      columns: columns.map(({ name }) => name),
      types: columns.map(({ type }) => type),
      rows,
      store: from.file,
    }
  }
}

const WAL =
  'On a read-only mount, a database in WAL mode cannot be opened: run PRAGMA journal_mode = DELETE on it first.'

const failureOf = (err: unknown): ReaderReply => {
  opened?.db.close()
  opened = undefined
  const { code, message } = err as { code?: string; message: string }
  const hint = code?.startsWith('SQLITE_CANTOPEN') ? ` ${WAL}` : ''
  return { code, message: `${message}${hint}` }
}

port.on('message', (request: ToReader) => {
  if (request === 'close') {
    opened?.db.close()
    port.close()
    return
  }
  let reply: ReaderReply
  try {
    reply = run(request)
  } catch (err) {
    reply = failureOf(err)
  }
  port.postMessage(reply)
})
port.postMessage('ready')
