/** The ledger on a disk that is full, or whose files vanish: what is kept, what is logged, and that the server still answers. */
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LedgerDatabase } from '../../src/ledger/database/database.ts'
import { entry } from '../support/ledger-entry.ts'
import { makeForwarder } from '../support/forwarder.ts'
import { runSql } from '../support/ledger-sql.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { tempDir } from '../support/temp.ts'

const sqliteIn = (dir: string): string => `sqlite:${join(dir, 'ledger.sqlite')}`

const decisionsIn = async (url: string): Promise<unknown[]> =>
  (await runSql(url, 'SELECT event_id FROM ledger_decisions ORDER BY id')).map(
    (row) => row['event_id'],
  )

const SPILL = 'okta-migrate-spill.sqlite'

const remove = (dir: string, name: string, ends = ['', '-wal', '-shm']): void => {
  for (const end of ends) rmSync(join(dir, name + end), { force: true })
}

/** Uses all the space that is left on a disk. @returns a function that frees it */
const fill = (dir: string): (() => void) => {
  const path = join(dir, 'filler')
  const file = openSync(path, 'w')
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch {
      // Full: continue with a smaller size.
    }
  }
  closeSync(file)
  return () => rmSync(path)
}

/** A database that can be made unreachable. */
const breakable = () => {
  const state = { away: false }
  const between = (database: LedgerDatabase): LedgerDatabase => ({
    ...database,
    write: async (entries) => {
      if (state.away) throw new Error('away')
      await database.write(entries)
    },
  })
  return { state, between }
}

const numbered = (count: number) => Array.from({ length: count }, () => entry())

const ids = (entries: readonly { eventId: string }[]) => entries.map(({ eventId }) => eventId)

describe('a disk that is full', () => {
  it('at the start prevents no sign-in, and is used when there is room', async ({ skip }) => {
    const dir = mountSmallDisk(2_048)
    if (dir === undefined) return skip('no disk can be mounted')
    const url = sqliteIn(dir)
    const before = makeForwarder({ url, spillDir: dir })
    await before.forwarder.start()
    await before.forwarder.close()
    const empty = fill(dir)
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const entries = numbered(3)
    forwarder.enqueue(entries)
    expect(reported.persisted).toBe(0)
    expect(reported.statuses.at(-1)).toMatchObject({ database: 'failing', spill: 'failing' })
    empty()
    await pass(40_000)
    expect(reported.persisted).toBe(3)
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    expect(await decisionsIn(url)).toEqual(ids(entries))
    await forwarder.close()
  })

  it('does not stop decisions from reaching a database that is elsewhere', async ({ skip }) => {
    const dir = mountSmallDisk(1_024)
    if (dir === undefined) return skip('no disk can be mounted')
    fill(dir)
    const url = sqliteIn(tempDir())
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const entries = numbered(1_200)
    forwarder.enqueue(entries.slice(0, 1_000))
    await pass(1_500)
    forwarder.enqueue(entries.slice(1_000))
    await pass(1_500)
    expect(reported.statuses.at(-1)).toMatchObject({ database: 'ok', spill: 'failing', waiting: 0 })
    expect(reported.persisted).toBe(1_200)
    expect(await decisionsIn(url)).toEqual(ids(entries))
    await forwarder.close()
  })

  it('holds entries that are forwarded once the database is back, and no database is blamed', async ({
    skip,
  }) => {
    const dir = mountSmallDisk(1_024)
    if (dir === undefined) return skip('no disk can be mounted')
    const url = sqliteIn(tempDir())
    const { state, between } = breakable()
    state.away = true
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: dir, between })
    await forwarder.start()
    const entries = numbered(4_000)
    for (let i = 0; i < entries.length; i += 100) {
      forwarder.enqueue(entries.slice(i, i + 100))
      await pass(50)
    }
    const empty = fill(dir)
    const onDisk = forwarder.waiting
    expect(onDisk).toBeGreaterThan(500)
    expect(reported.statuses.at(-1)).toMatchObject({ database: 'unreachable', spill: 'failing' })
    state.away = false
    await pass(60_000)
    expect(await decisionsIn(url)).toEqual(ids(entries))
    expect(reported.persisted).toBe(entries.length)
    expect(forwarder.waiting).toBe(0)
    const seen = reported.statuses.map(({ database }) => database)
    expect(new Set(seen.slice(seen.lastIndexOf('unreachable') + 1))).toEqual(new Set(['ok']))
    empty()
    forwarder.enqueue(numbered(1))
    await pass(2_000)
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    await forwarder.close()
  })
})

describe('a spill that vanishes', () => {
  const start = async () => {
    const dir = join(tempDir(), 'spill')
    mkdirSync(dir)
    const url = sqliteIn(tempDir())
    const { state, between } = breakable()
    const made = makeForwarder({ url, spillDir: dir, between })
    await made.forwarder.start()
    state.away = true
    const [first, second] = [numbered(1_100), numbered(2)]
    made.forwarder.enqueue(first)
    return { dir, url, state, first, second, ...made }
  }

  it.each<[string, (dir: string) => void]>([
    ['deleted', (dir) => remove(dir, SPILL)],
    ['deleted with its directory', (dir) => rmSync(dir, { recursive: true })],
    ['moved away', (dir) => renameSync(join(dir, SPILL), join(dir, 'elsewhere'))],
    ['missing its WAL file', (dir) => remove(dir, SPILL, ['-wal'])],
    [
      'replaced',
      (dir) => {
        remove(dir, SPILL)
        writeFileSync(join(dir, SPILL), '')
      },
    ],
  ])('%s is created again, with the entries that waited in it', async (_, spoil) => {
    const { dir, url, state, first, second, forwarder, reported, pass } = await start()
    spoil(dir)
    forwarder.enqueue(second)
    expect(reported.vanished).toEqual(['spill'])
    expect(existsSync(join(dir, SPILL))).toBe(true)
    expect(forwarder.waiting).toBe(first.length + second.length)
    // The process is killed here: entries must be in the new file, and not only behind an open handle.
    const heir = makeForwarder({ url, spillDir: dir })
    expect(heir.forwarder.waiting).toBe(first.length + second.length)
    state.away = false
    await pass(40_000)
    expect(await decisionsIn(url)).toEqual(ids([...first, ...second]))
    expect(reported.vanished).toEqual(['spill'])
    await forwarder.close()
    await heir.forwarder.close()
  })

  it('is created again as soon as that is possible', async () => {
    const { dir, url, state, first, second, forwarder, reported, pass } = await start()
    rmSync(dir, { recursive: true })
    writeFileSync(dir, 'a file in its place')
    forwarder.enqueue(second)
    expect(reported.statuses.at(-1)).toMatchObject({ spill: 'failing' })
    await pass(3_000)
    expect(reported.vanished).toEqual(['spill'])
    rmSync(dir)
    await pass(2_000)
    expect(reported.statuses.at(-1)).toMatchObject({ spill: 'ok', waiting: 1_102 })
    state.away = false
    await pass(40_000)
    expect(await decisionsIn(url)).toEqual(ids([...first, ...second]))
    await forwarder.close()
  })

  it('while a batch is being written loses no later entry', async () => {
    const dir = tempDir()
    const url = sqliteIn(tempDir())
    const [first, second] = [numbered(700), numbered(700)]
    let during = (): void => undefined
    const { forwarder, pass } = makeForwarder({
      url,
      spillDir: dir,
      between: (database) => ({
        ...database,
        write: async (entries) => {
          await database.write(entries)
          during()
        },
      }),
    })
    await forwarder.start()
    // So that the numbers in the old file differ from those in the new one.
    const before = numbered(600)
    forwarder.enqueue(before)
    await pass(3_000)
    forwarder.enqueue(first)
    during = () => {
      during = () => undefined
      remove(dir, SPILL)
      forwarder.enqueue(second)
    }
    await pass(5_000)
    expect(await decisionsIn(url)).toEqual(ids([...before, ...first, ...second]))
    await forwarder.close()
  })
})

describe("a ledger's file that vanishes", () => {
  it.each<[string, (path: string) => void]>([
    ['deleted', (path) => remove(path, '')],
    ['deleted with its directory', (path) => rmSync(join(path, '..'), { recursive: true })],
  ])('%s is created again, and has what is recorded from then on', async (_, spoil) => {
    const dir = join(tempDir(), 'ledger')
    mkdirSync(dir)
    const url = sqliteIn(dir)
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: tempDir() })
    await forwarder.start()
    forwarder.enqueue(numbered(1))
    await pass(1_000)
    spoil(join(dir, 'ledger.sqlite'))
    const after = numbered(2)
    forwarder.enqueue(after)
    await pass(5_000)
    expect(reported.vanished).toEqual(['database'])
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    expect(await decisionsIn(url)).toEqual(ids(after))
    await forwarder.close()
  })
})
