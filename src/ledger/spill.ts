/** The spill file: where entries wait on this machine's disk until the ledger's database has them. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseEntry, type LedgerEntry } from './entry.ts'
import { openSqliteFile, watchFile, type FileState } from './database/sqlite-file.ts'

export const SPILL_FILE = 'okta-migrate-spill.sqlite'

/** Some 600 000 entries; at 100 sign-ins a second, an hour and a half without a database. */
const MAX_SPILL_BYTES = 256 * 1024 * 1024

const PAGE_BYTES = 4096
const BUSY_TIMEOUT_MS = 1_000

const TABLE =
  'CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL)'

export interface Spill {
  /** Writes all of the entries or none. On return they are on the disk. Throws when it is full. */
  append(entries: Iterable<LedgerEntry>): void
  /** The entries that have waited longest, in their order, after the number `after`. */
  first(limit: number, after?: number): { readonly seq: number; readonly entry: LedgerEntry }[]
  /**
   * Removes the entries up to and including this one. Where it throws, since a full disk has no room
   * for that, they are still skipped as long as this is open.
   */
  removeUpTo(seq: number): void
  readonly waiting: number
  fileState(): FileState
  close(): void
  /** Removes the file with all that is in it. Where it throws, nothing has changed. */
  discard(): void
}

/**
 * Several processes may share a directory: each forwards all that waits in it, and the database
 * keeps each decision once. Sequence numbers are never used again (AUTOINCREMENT), so that one process
 * cannot remove by number what another has just appended.
 * @throws AppError `ledger_unusable`, or `ledger_unavailable` as `openSqliteFile`
 */
export const openSpill = (dir: string, maxBytes = MAX_SPILL_BYTES): Spill => {
  const path = join(dir, SPILL_FILE)
  const db = openSqliteFile(path, BUSY_TIMEOUT_MS, (db) => {
    db.pragma(`max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`)
    db.exec(TABLE)
  })
  const insert = db.prepare<[string]>('INSERT INTO waiting (entry) VALUES (?)')
  const select = db.prepare<[number, number], { seq: number; entry: string }>(
    'SELECT seq, entry FROM waiting WHERE seq > ? ORDER BY seq LIMIT ?',
  )
  const remove = db.prepare<[number]>('DELETE FROM waiting WHERE seq <= ?')
  // The ends of the numbers and not the count, which would read every row.
  const countSpan = 'SELECT ifnull(max(seq) - min(seq) + 1, 0) FROM waiting WHERE seq > ?'
  const span = db.prepare<[number], number>(countSpan).pluck()
  let passed = 0
  return {
    append: db.transaction((entries: Iterable<LedgerEntry>) => {
      for (const entry of entries) insert.run(JSON.stringify(entry))
    }),
    first: (limit, after = passed) =>
      select.all(after, limit).map(({ seq, entry }) => ({ seq, entry: parseEntry(entry) })),
    removeUpTo: (seq) => {
      passed = seq
      remove.run(seq)
    },
    get waiting() {
      return span.get(passed) ?? 0
    },
    fileState: watchFile(path),
    close: () => void db.close(),
    discard: () => {
      for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
      db.close()
    },
  }
}
