/** The ledger's SQLite files: where several processes create one at the same time, none is refused. */
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { openSqliteFile } from '../../src/ledger/database/sqlite-file.ts'
import { tempDir } from '../support/temp.ts'

const HOLD_LOCK = new URL('../support/hold-sqlite-lock.mjs', import.meta.url)

/** @returns a file that another connection is writing to, and a promise of the end of that, `ms` milliseconds later */
const beingWritten = async (ms: number): Promise<{ path: string; ended: Promise<unknown> }> => {
  const path = join(tempDir(), 'ledger.sqlite')
  const other = new Worker(HOLD_LOCK, { workerData: { path, ms } })
  const ended = once(other, 'exit')
  await once(other, 'message')
  return { path, ended }
}

it('a file is opened when another connection is done with it', async () => {
  const { path, ended } = await beingWritten(500)
  const db = openSqliteFile(path, 60_000)
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(db.prepare('SELECT n FROM t').pluck().get()).toBe(1)
  db.close()
  await ended
})

it('a file is not waited for longer than its limit', async () => {
  const { path, ended } = await beingWritten(2_000)
  expect(() => openSqliteFile(path, 1)).toThrow(
    expect.objectContaining({
      code: 'ledger_unavailable',
      detail: expect.stringContaining('SQLITE_BUSY') as string,
    }),
  )
  await ended
})
