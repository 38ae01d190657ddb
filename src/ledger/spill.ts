/** Owns the spill: a file on this machine's disk where entries wait until the ledger's database has them. */
import { join } from 'node:path'
import { parseEntry, type Entry } from './entry.ts'
import { openFile } from './file.ts'

/** Some 800 000 entries; at 100 sign-ins a second, two hours without a database. */
export const MAX_SPILL_BYTES = 256 * 1024 * 1024

const PAGE_BYTES = 4096
const BUSY_TIMEOUT_MS = 1_000

export interface Waiting {
  readonly seq: number
  readonly entry: Entry
}

export interface Spill {
  /** Keeps all of the entries or none. On return they are on the disk. Throws when it is full. */
  append(entries: readonly Entry[]): void
  /** The entries that have waited longest, in their order. */
  first(limit: number): Waiting[]
  /** Forgets the entries up to and including this one. */
  removeUpTo(seq: number): void
  readonly waiting: number
  close(): void
}

/**
 * Several processes may share a directory: each forwards whatever waits in it, and the database
 * keeps each event once. Sequence numbers are never used again (AUTOINCREMENT), so that one process
 * cannot remove by number what another has just appended.
 * @throws AppError `ledger_unusable`
 */
export const openSpill = (dir: string, maxBytes = MAX_SPILL_BYTES): Spill => {
  const db = openFile(join(dir, 'okta-migrate-spill.sqlite'), BUSY_TIMEOUT_MS)
  db.pragma(`max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`)
  db.exec(
    'CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL)',
  )
  const insert = db.prepare<[string]>('INSERT INTO waiting (entry) VALUES (?)')
  const select = db.prepare<[number], { seq: number; entry: string }>(
    'SELECT seq, entry FROM waiting ORDER BY seq LIMIT ?',
  )
  const remove = db.prepare<[number]>('DELETE FROM waiting WHERE seq <= ?')
  // The ends of the numbers and not the count, which would read every row.
  const span = db
    .prepare<[], number>('SELECT ifnull(max(seq) - min(seq) + 1, 0) FROM waiting')
    .pluck()
  return {
    append: db.transaction((entries: readonly Entry[]) => {
      for (const entry of entries) insert.run(JSON.stringify(entry))
    }),
    first: (limit) =>
      select.all(limit).map(({ seq, entry }) => ({ seq, entry: parseEntry(entry) })),
    removeUpTo: (seq) => void remove.run(seq),
    get waiting() {
      return span.get() ?? 0
    },
    close: () => void db.close(),
  }
}
