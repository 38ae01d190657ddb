/** The ledger's files: of several that make one at once, none is turned away. */
import Database from 'better-sqlite3'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { openFile } from '../../src/ledger/file.ts'
import { tempDir } from '../support/temp.ts'

const LONG_MS = 100_000

/** A thread that says when it is about to open the file, and then what came of it. */
const OPENER = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.module).then(({ openFile }) => {
    parentPort.postMessage('opening')
    const mode = openFile(workerData.path, ${LONG_MS}).pragma('journal_mode', { simple: true })
    parentPort.postMessage(mode)
  })`

it('is opened when another is done with it', async () => {
  const path = join(tempDir(), 'ledger.sqlite')
  const other = new Database(path)
  other.exec('CREATE TABLE t (n INTEGER); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)')
  const module = new URL('../../dist/ledger/file.js', import.meta.url).href
  const opener = new Worker(OPENER, { eval: true, workerData: { module, path } })
  await once(opener, 'message')
  const opened = once(opener, 'message')
  // For it to meet the lock; whether it does or comes too late, it must open the file.
  await setTimeout(300)
  other.exec('COMMIT')
  expect(await opened).toEqual(['wal'])
  await opener.terminate()
  other.close()
})

it('is not waited for longer than was said', () => {
  const path = join(tempDir(), 'ledger.sqlite')
  const other = new Database(path)
  other.exec('CREATE TABLE t (n INTEGER); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)')
  expect(() => openFile(path, 1)).toThrow('The ledger cannot be kept.')
  other.close()
})
