/** The ledger's files: of several that make one at once, none is turned away. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { openSqliteFile } from '../../src/ledger/database/sqlite-file.ts'
import { tempDir } from '../support/temp.ts'

/** A file that another connection is writing to. */
const beingWritten = (): { path: string; finish: () => void } => {
  const path = join(tempDir(), 'ledger.sqlite')
  const other = new Database(path)
  onTestFinished(() => void other.close())
  other.exec('CREATE TABLE t (n INTEGER); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)')
  return { path, finish: () => void other.exec('COMMIT') }
}

afterEach(() => vi.restoreAllMocks())

it('is opened when another is done with it', () => {
  const { path, finish } = beingWritten()
  const transaction = vi.spyOn(Database.prototype, 'transaction')
  // SQLite's own wait would hold up this thread, in which the other connection is.
  transaction.mockImplementationOnce(function (this: Database.Database, run) {
    finish()
    return this.transaction(run)
  })
  const db = openSqliteFile(path, 1)
  expect(transaction).toHaveBeenCalled()
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  db.close()
})

it('is not waited for longer than was said', () => {
  expect(() => openSqliteFile(beingWritten().path, 1)).toThrow(
    expect.objectContaining({
      code: 'ledger_unavailable',
      detail: expect.stringContaining('SQLITE_BUSY') as string,
    }),
  )
})
