/** The outbox on a disk that fails for a moment, and when it is closed. */
import Database from 'better-sqlite3'
import { afterEach, expect, it, vi } from 'vitest'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { Outbox } from '../../src/ledger/outbox.ts'
import { ManualClock } from '../support/clock.ts'
import { entry } from '../support/ledger-entry.ts'
import { tempDir } from '../support/temp.ts'

afterEach(() => vi.restoreAllMocks())

const statements = (): Database.Statement => {
  const db = new Database(':memory:')
  const prototype = Object.getPrototypeOf(db.prepare('SELECT 1')) as Database.Statement
  db.close()
  return prototype
}

/** From now on the disk does none of these. @returns a function that repairs it */
const breakDisk = (code: string, methods: readonly ('run' | 'get')[]): (() => void) => {
  const spies = methods.map((name) =>
    vi.spyOn(statements(), name).mockImplementation(() => {
      throw Object.assign(new Error('failed'), { code })
    }),
  )
  return () => {
    for (const spy of spies) spy.mockRestore()
  }
}

const makeQueue = () => {
  const clock = new ManualClock()
  const faults: unknown[] = []
  const queue = new Outbox({
    dir: tempDir(),
    clock,
    onPersisted: () => undefined,
    onDiskResult: (err) => {
      if (err !== undefined) faults.push(err)
    },
    onVanished: () => undefined,
  })
  queue.open()
  return { queue, clock, faults }
}

it('the outbox keeps waiting entries on a disk that can neither delete nor read for a moment', async () => {
  const { queue, faults } = makeQueue()
  const entries = Array.from({ length: 1_200 }, () => entry())
  queue.enqueue(entries)
  const written: LedgerEntry[] = []
  let repair = (): void => undefined
  await queue.forward((batch) => {
    written.push(...batch)
    repair = breakDisk('SQLITE_IOERR_READ', ['run', 'get'])
    return Promise.resolve()
  })
  repair()
  expect(faults).not.toEqual([])
  expect(queue.waiting).toBe(700)
  const write = (batch: readonly LedgerEntry[]) => {
    written.push(...batch)
    return Promise.resolve()
  }
  while (await queue.forward(write)) continue
  expect(written).toEqual(entries)
  queue.close()
})
