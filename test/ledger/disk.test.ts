/** The ledger on a disk that is full, or whose files vanish: what is kept, what is said, and that it serves. */
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

/** Takes all the room that a disk has left. @returns what gives it back */
const fill = (dir: string): (() => void) => {
  const path = join(dir, 'filler')
  const file = openSync(path, 'w')
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch {
      // Full: go on with less.
    }
  }
  closeSync(file)
  return () => rmSync(path)
}

/** A database that may be away. */
const weather = () => {
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
  it('at the start keeps nobody from signing in, and is used when there is room', async ({
    skip,
  }) => {
    const dir = mountSmallDisk(2_048)
    if (dir === undefined) return skip('no disk can be mounted')
    const url = sqliteIn(dir)
    const before = makeForwarder({ url, spillDir: dir })
    await before.forwarder.start()
    await before.forwarder.close()
    const empty = fill(dir)
    const { forwarder, told, pass } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const entries = numbered(3)
    forwarder.enqueue(entries)
    expect(told.persisted).toBe(0)
    expect(told.statuses.at(-1)).toMatchObject({ database: 'failing', spill: 'failing' })
    empty()
    await pass(40_000)
    expect(told.persisted).toBe(3)
    expect(told.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    expect(await decisionsIn(url)).toEqual(ids(entries))
    await forwarder.close()
  })

  it('does not keep decisions from a database that is elsewhere', async ({ skip }) => {
    const dir = mountSmallDisk(1_024)
    if (dir === undefined) return skip('no disk can be mounted')
    fill(dir)
    const url = sqliteIn(tempDir())
    const { forwarder, told, pass } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const entries = numbered(1_200)
    forwarder.enqueue(entries.slice(0, 1_000))
    await pass(1_500)
    forwarder.enqueue(entries.slice(1_000))
    await pass(1_500)
    expect(told.statuses.at(-1)).toMatchObject({ database: 'ok', spill: 'failing', waiting: 0 })
    expect(told.persisted).toBe(1_200)
    expect(await decisionsIn(url)).toEqual(ids(entries))
    await forwarder.close()
  })

  it('forwards what waits on it once the database is back, and blames no database', async ({
    skip,
  }) => {
    const dir = mountSmallDisk(1_024)
    if (dir === undefined) return skip('no disk can be mounted')
    const url = sqliteIn(tempDir())
    const { state, between } = weather()
    state.away = true
    const { forwarder, told, pass } = makeForwarder({ url, spillDir: dir, between })
    await forwarder.start()
    const entries = numbered(4_000)
    for (let i = 0; i < entries.length; i += 100) {
      forwarder.enqueue(entries.slice(i, i + 100))
      await pass(50)
    }
    const empty = fill(dir)
    const onDisk = forwarder.waiting
    expect(onDisk).toBeGreaterThan(500)
    expect(told.statuses.at(-1)).toMatchObject({ database: 'unreachable', spill: 'failing' })
    state.away = false
    await pass(60_000)
    expect(await decisionsIn(url)).toEqual(ids(entries))
    expect(told.persisted).toBe(entries.length)
    expect(forwarder.waiting).toBe(0)
    const seen = told.statuses.map(({ database }) => database)
    expect(new Set(seen.slice(seen.lastIndexOf('unreachable') + 1))).toEqual(new Set(['ok']))
    empty()
    forwarder.enqueue(numbered(1))
    await pass(2_000)
    expect(told.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    await forwarder.close()
  })
})

describe('a spill that vanishes', () => {
  const start = async () => {
    const dir = join(tempDir(), 'spill')
    mkdirSync(dir)
    const url = sqliteIn(tempDir())
    const { state, between } = weather()
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
    ['deleted as to its newest part', (dir) => remove(dir, SPILL, ['-wal'])],
    [
      'replaced',
      (dir) => {
        remove(dir, SPILL)
        writeFileSync(join(dir, SPILL), '')
      },
    ],
  ])('%s is made again, with what waited in it', async (_, spoil) => {
    const { dir, url, state, first, second, forwarder, told, pass } = await start()
    spoil(dir)
    forwarder.enqueue(second)
    expect(told.vanished).toEqual(['spill'])
    expect(existsSync(join(dir, SPILL))).toBe(true)
    expect(forwarder.waiting).toBe(first.length + second.length)
    // The process is killed here: what was kept must be in the new file, and not in a handle.
    const heir = makeForwarder({ url, spillDir: dir })
    expect(heir.forwarder.waiting).toBe(first.length + second.length)
    state.away = false
    await pass(40_000)
    expect(await decisionsIn(url)).toEqual(ids([...first, ...second]))
    expect(told.vanished).toEqual(['spill'])
    await forwarder.close()
    await heir.forwarder.close()
  })

  it('where none can be made is not forgotten, and made when it can', async () => {
    const { dir, url, state, first, second, forwarder, told, pass } = await start()
    rmSync(dir, { recursive: true })
    writeFileSync(dir, 'a file in its place')
    forwarder.enqueue(second)
    expect(told.statuses.at(-1)).toMatchObject({ spill: 'failing' })
    await pass(3_000)
    expect(told.vanished).toEqual(['spill'])
    rmSync(dir)
    await pass(2_000)
    expect(told.statuses.at(-1)).toMatchObject({ spill: 'ok', waiting: 1_102 })
    state.away = false
    await pass(40_000)
    expect(await decisionsIn(url)).toEqual(ids([...first, ...second]))
    await forwarder.close()
  })

  it('while a batch is on its way loses nothing of what follows', async () => {
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
    // So that the numbers of the old file are not those of the new one.
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
  ])('%s is made again, and has what comes from then on', async (_, spoil) => {
    const dir = join(tempDir(), 'ledger')
    mkdirSync(dir)
    const url = sqliteIn(dir)
    const { forwarder, told, pass } = makeForwarder({ url, spillDir: tempDir() })
    await forwarder.start()
    forwarder.enqueue(numbered(1))
    await pass(1_000)
    spoil(join(dir, 'ledger.sqlite'))
    const after = numbered(2)
    forwarder.enqueue(after)
    await pass(5_000)
    expect(told.vanished).toEqual(['database'])
    expect(told.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    expect(await decisionsIn(url)).toEqual(ids(after))
    await forwarder.close()
  })
})
