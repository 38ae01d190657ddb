/** The ledger as the server has it: real threads, a real crash, and never a wait. */
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Decided } from '../../src/ledger/entry.ts'
import {
  Ledger,
  RESPAWN_DELAY_MS,
  SEND_INTERVAL_MS,
  type LedgerOptions,
} from '../../src/ledger/ledger.ts'
import { ManualClock } from '../support/clock.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const support = (name: string): URL => new URL(`../support/${name}`, import.meta.url)

const start = async (more: Partial<LedgerOptions> = {}) => {
  const dir = tempDir()
  const url = `sqlite:${join(dir, 'ledger.sqlite')}`
  const lines: [level: string, message: string, fields: Record<string, unknown>][] = []
  const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push([level, message, fields])
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  const options = { place: { url }, spillDir: dir, clock: systemClock, log, ...more }
  return { ledger: await Ledger.start(options), url, lines, ...options }
}

const decided = (eventId: string | undefined): Decided => ({
  eventId,
  account: 'account',
  outcome: 'VERIFIED',
  reason: 'match',
  hash: { family: 'bcrypt', cost: 10 },
  waitMs: 1,
  runMs: 2,
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(10)
}

const eventsIn = async (url: string): Promise<string[]> =>
  (await runSql(url, 'SELECT event_id FROM ledger_decisions ORDER BY id')).map((row) =>
    String(row['event_id']),
  )

describe('a decision', () => {
  it('comes to the database, and is not waited for', async () => {
    const { ledger, url, lines } = await start()
    ledger.record(decided('one'))
    expect(ledger.status.waiting).toBe(1)
    await until(() => ledger.status.waiting === 0)
    expect(await eventsIn(url)).toEqual(['one'])
    expect(ledger.status).toEqual({ database: 'ok', spill: 'ok', waiting: 0, lost: 0 })
    expect(lines.map(([level]) => level)).toEqual(['info'])
    await ledger.close()
  })

  it('without an eventId gets its own', async () => {
    const { ledger, url } = await start()
    ledger.record(decided(undefined))
    ledger.record(decided(undefined))
    await ledger.close()
    const events = await eventsIn(url)
    expect(new Set(events).size).toBe(2)
    expect(events.every((event) => /^generated:[0-9a-f-]{36}$/.test(event))).toBe(true)
  })

  it('just before the end is kept, and after it is counted as lost', async () => {
    const { ledger, url } = await start()
    ledger.record(decided('last'))
    await ledger.close()
    ledger.record(decided('too late'))
    expect(await eventsIn(url)).toEqual(['last'])
    expect(ledger.status.lost).toBe(1)
  })

  it('that memory has no room for is lost, counted and said, and those before it are not', async () => {
    const { ledger, lines } = await start({
      maxInMemory: 3,
      threadUrl: support('deaf-ledger-thread.mjs'),
    })
    for (const event of ['a', 'b', 'c', 'd', 'e']) ledger.record(decided(event))
    expect(ledger.status).toMatchObject({ waiting: 3, lost: 2 })
    expect(lines).toMatchObject([['error', expect.stringMatching(/being lost/) as string, {}]])
    await ledger.close()
    expect(lines.at(-1)).toEqual(['error', 'decisions are missing in the ledger', { lost: 3 }])
  })

  it('that cannot be written down costs no answer, and holds up no other', async () => {
    const { ledger, url } = await start()
    expect(() => ledger.record(undefined as unknown as Decided)).not.toThrow()
    expect(ledger.status.lost).toBe(1)
    ledger.record({ ...decided('odd'), waitMs: NaN })
    ledger.record(decided('sound'))
    await until(() => ledger.status.waiting === 0)
    expect(await eventsIn(url)).toEqual(['odd', 'sound'])
    await ledger.close()
  })

  it('outlives the thread that was to keep it', async () => {
    const clock = new ManualClock()
    const { ledger, url, lines } = await start({
      clock,
      threadUrl: support('mortal-ledger-thread.mjs'),
    })
    ledger.record(decided('one'))
    ledger.record(decided('two'))
    clock.advance(SEND_INTERVAL_MS)
    await until(() => clock.pending.length > 0)
    ledger.record(decided('three'))
    clock.advance(RESPAWN_DELAY_MS)
    await until(() => ledger.status.waiting === 0)
    await ledger.close()
    expect(await eventsIn(url)).toEqual(['one', 'two', 'three'])
    expect(lines[0]?.slice(0, 2)).toEqual(['error', "the ledger's thread was lost"])
    expect(ledger.faults).toEqual({ database: 0, spill: 0, thread: 1 })
  })
})

describe('the start', () => {
  it.each<[Partial<LedgerOptions>, RegExp]>([
    [{ place: { url: 'sqlite:/proc/ledger.sqlite' } }, /^\/proc\/ledger\.sqlite: E/],
    [{ spillDir: '/proc' }, /^\/proc\/okta-migrate-spill\.sqlite: E/],
    [{ threadUrl: support('stillborn-worker.mjs') }, /did not start/],
  ])('with %j is refused and says where', async (more, detail) => {
    await expect(start(more)).rejects.toMatchObject({
      code: 'ledger_unusable',
      detail: expect.stringMatching(detail) as string,
    })
  })
})

describe('a process that is killed while it writes', () => {
  it('leaves all that was on its disk to the next one, once and in order', async () => {
    const dir = tempDir()
    const spill = join(dir, 'okta-migrate-spill.sqlite')
    const child = spawn(process.execPath, [fileURLToPath(support('record-forever.mjs')), dir])
    onTestFinished(() => void child.kill('SIGKILL'))
    const readKept = (): string[] => {
      if (!existsSync(spill)) return []
      const db = new Database(spill)
      try {
        return db
          .prepare<[], string>("SELECT json_extract(entry, '$.eventId') FROM waiting ORDER BY seq")
          .pluck()
          .all()
      } catch {
        return []
      } finally {
        db.close()
      }
    }
    let kept: string[] = []
    await until(() => (kept = readKept()).length > 300)
    child.kill('SIGKILL')
    await once(child, 'exit')

    const { ledger, url } = await start({ spillDir: dir })
    await until(() => ledger.status.waiting === 0)
    await ledger.close()
    const events = await eventsIn(url)
    expect(events.length).toBeGreaterThanOrEqual(kept.length)
    expect(events).toEqual(events.map((_, i) => `event-${i + 1}`))
  })
})
