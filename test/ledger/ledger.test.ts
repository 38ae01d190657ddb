/** The ledger as the server uses it: real threads, a real crash, and never a wait. */
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { DecidedCall } from '../../src/call-record.ts'
import {
  Ledger,
  RESPAWN_DELAY_MS,
  START_TIMEOUT_MS,
  type GuessSharing,
  type LedgerOptions,
} from '../../src/ledger/ledger.ts'
import { DISK_WAIT_MS, SLOW_DISK_MS } from '../../src/ledger/memory-queue.ts'
import { ManualClock } from '../support/clock.ts'
import { runSql } from '../support/ledger-sql.ts'
import { startRefusingPostgres } from '../support/refusing-postgres.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const support = (name: string): URL => new URL(`../support/${name}`, import.meta.url)

const start = async (more: Partial<LedgerOptions> = {}) => {
  const dir = tempDir()
  const url = `sqlite:${join(dir, 'ledger.sqlite')}`
  const lines: [level: string, message: string, fields: Record<string, unknown>][] = []
  const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push([level, message, fields])
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  const options = { target: { url }, spillDir: dir, clock: systemClock, log, ...more }
  return { ledger: await Ledger.start(options), url, lines, ...options }
}

const decided = (eventId: string | undefined): DecidedCall => ({
  id: randomUUID(),
  eventId,
  account: 'account',
  person: 'person',
  callerGone: false,
  outcome: 'VERIFIED',
  reason: 'match',
  hash: { family: 'bcrypt', cost: 10 },
  waitMs: 1,
  runMs: 2,
})

/** Lets every promise continue that can. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const waitingIn = (spillDir: string): string[] => {
  const db = new Database(join(spillDir, 'okta-migrate-spill.sqlite'))
  const events = db
    .prepare<[], string>("SELECT json_extract(entry, '$.oktaEventId') FROM waiting ORDER BY seq")
    .pluck()
    .all()
  db.close()
  return events
}

const eventsIn = async (url: string): Promise<string[]> =>
  (await runSql(url, 'SELECT okta_event_id AS event FROM ledger_decisions ORDER BY id')).map(
    (row) => String(row['event']),
  )

describe('a decision', () => {
  it('reaches the database, which is not waited for', async () => {
    // The clock stands still: another test covers a slow disk.
    const { ledger, url, lines } = await start({ clock: new ManualClock() })
    void ledger.record(decided('one'))
    expect(ledger.status.waiting).toBe(1)
    await until('nothing waits', () => ledger.status.waiting === 0)
    expect(await eventsIn(url)).toEqual(['one'])
    expect(ledger.status).toEqual({
      database: 'ok',
      spill: 'ok',
      waiting: 0,
      lost: 0,
      vanished: 0,
    })
    expect(lines.map(([level, message]) => [level, message.slice(0, 20)])).toEqual([
      ['info', 'migrating the ledger'],
      ['info', 'ledger database conn'],
    ])
    await ledger.close()
  })

  it('is on the disk before its record resolves, though the database is away', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/nothing'
    const { ledger, spillDir } = await start({ target: { url }, clock: new ManualClock() })
    await ledger.record(decided('one'))
    await Promise.all(['two', 'three', 'four'].map((event) => ledger.record(decided(event))))
    expect(waitingIn(spillDir)).toEqual(['one', 'two', 'three', 'four'])
    await ledger.close()
  })

  it('is waited for no longer than a limit, and not at all for a while after that', async () => {
    const clock = new ManualClock()
    const threadUrl = support('stuck-ledger-thread.mjs')
    const { ledger, lines } = await start({ clock, threadUrl })
    const done: string[] = []
    const record = (event: string): void =>
      void ledger.record(decided(event)).then(() => done.push(event))
    record('first')
    record('second')
    clock.advance(DISK_WAIT_MS - 1)
    await nextTurn()
    expect(done).toEqual([])
    clock.advance(1)
    await nextTurn()
    expect(done).toEqual(['first', 'second'])
    record('third')
    await nextTurn()
    expect(done).toContain('third')
    expect(lines).toEqual([['warn', expect.stringMatching(/disk is slow/) as string, {}]])
    clock.advance(SLOW_DISK_MS)
    record('fourth')
    await nextTurn()
    expect(done).not.toContain('fourth')
    await ledger.close()
  })

  it('has one row under its own id, whether or not Okta gave it an event', async () => {
    const { ledger, url } = await start()
    const decisions = [decided(undefined), decided(undefined), decided('same'), decided('same')]
    for (const decision of decisions) void ledger.record(decision)
    await ledger.close()
    const columns = 'event_id, okta_event_id'
    expect(await runSql(url, `SELECT ${columns} FROM ledger_decisions ORDER BY id`)).toEqual(
      decisions.map(({ id, eventId = null }) => ({ event_id: id, okta_event_id: eventId })),
    )
  })

  it('just before the end is kept, and after it is counted as lost', async () => {
    const { ledger, url } = await start()
    void ledger.record(decided('last'))
    await ledger.close()
    void ledger.record(decided('too late'))
    expect(await eventsIn(url)).toEqual(['last'])
    expect(ledger.status.lost).toBe(1)
  })

  it('that does not fit into memory is lost, counted and logged, and earlier ones are not lost', async () => {
    const { ledger, lines } = await start({
      maxEntriesInMemory: 3,
      threadUrl: support('stuck-ledger-thread.mjs'),
    })
    for (const event of ['a', 'b', 'c', 'd', 'e']) void ledger.record(decided(event))
    expect(ledger.status).toMatchObject({ waiting: 3, lost: 2 })
    expect(lines).toMatchObject([['error', expect.stringMatching(/being dropped/) as string, {}]])
    await ledger.close()
    expect(lines.at(-1)).toEqual(['error', 'decisions are missing from the ledger', { lost: 3 }])
  })

  it('that cannot be written prevents no answer, and delays no other decision', async () => {
    const { ledger, url } = await start()
    await ledger.record(undefined as unknown as DecidedCall)
    expect(ledger.status.lost).toBe(1)
    void ledger.record({ ...decided('odd'), waitMs: NaN })
    void ledger.record(decided('sound'))
    await until('nothing waits', () => ledger.status.waiting === 0)
    expect(await eventsIn(url)).toEqual(['odd', 'sound'])
    await ledger.close()
  })

  it('survives the thread that was to write it', async () => {
    const clock = new ManualClock()
    const { ledger, url, lines } = await start({
      clock,
      threadUrl: support('dying-ledger-thread.mjs'),
    })
    void ledger.record(decided('one'))
    void ledger.record(decided('two'))
    await until('the thread has ended', () => clock.pending.includes(RESPAWN_DELAY_MS))
    void ledger.record(decided('three'))
    clock.advance(RESPAWN_DELAY_MS)
    await until('nothing waits', () => ledger.status.waiting === 0)
    await ledger.close()
    expect(await eventsIn(url)).toEqual(['one', 'two', 'three'])
    expect(lines[0]?.slice(0, 2)).toEqual([
      'error',
      'the ledger thread exited unexpectedly; another one takes over',
    ])
    expect(ledger.faults).toEqual({ database: 0, spill: 0, thread: 1, files: 0 })
  })
})

describe('the start', () => {
  it('waits two seconds for a silent database, and is then ready', async () => {
    const clock = new ManualClock()
    const starting = start({ clock, threadUrl: support('silent-ledger-thread.mjs') })
    let isReady = false
    void starting.then(() => (isReady = true))
    await until('the spill is open', () => clock.pending.includes(START_TIMEOUT_MS))
    clock.advance(START_TIMEOUT_MS - 1)
    await nextTurn()
    expect(isReady).toBe(false)
    clock.advance(1)
    const { ledger } = await starting
    expect(ledger.status.database).toBe('unreachable')
    await ledger.close()
  })

  it('keeps decisions on the disk even if it ends before the database refuses', async () => {
    const clock = new ManualClock()
    const { url, logins, refuse } = await startRefusingPostgres()
    const starting = start({ clock, target: { url } })
    await until(
      'the database got a login',
      () => clock.pending.includes(START_TIMEOUT_MS) && logins() > 0,
    )
    clock.advance(START_TIMEOUT_MS)
    const { ledger, spillDir } = await starting
    refuse()
    await until('the database has refused', () => ledger.status.database === 'refused')
    await nextTurn()
    await ledger.record(decided('after it'))
    expect(waitingIn(spillDir)).toEqual(['after it'])
    await ledger.close()
    expect(ledger.status.lost).toBe(0)
  })

  it('opens nothing where the rest of the start is refused', async () => {
    const spillDir = tempDir()
    const noLog = (): void => undefined
    const log = { info: noLog, warn: noLog, error: noLog }
    const target = { url: `sqlite:${join(spillDir, 'ledger.sqlite')}` }
    const accepted = Promise.reject(new Error('the store is refused'))
    const starting = Ledger.start({ target, spillDir, clock: systemClock, log }, accepted)
    await expect(starting).rejects.toThrow('the store is refused')
    expect(readdirSync(spillDir)).toEqual([])
  })

  it('that is refused ends the thread', async () => {
    const spillDir = tempDir()
    const threadUrl = support('refusing-ledger-thread.mjs')
    await expect(start({ spillDir, threadUrl })).rejects.toMatchObject({ code: 'ledger_newer' })
    expect(existsSync(join(spillDir, 'closed'))).toBe(true)
  })

  it('is over when the guesses of other replicas, and its own earlier ones, are known', async () => {
    const dir = tempDir()
    const url = `sqlite:${join(dir, 'ledger.sqlite')}`
    // What counts as a guess is asked by the date of the database's machine.
    const clock = Object.assign(new ManualClock(), { epochMs: Date.now })
    const options = { target: { url }, spillDir: dir, clock }
    const first = await start(options)
    const wrong = { outcome: 'UNVERIFIED', reason: 'mismatch' } as const
    for (let i = 0; i < 1_500; i++) {
      void first.ledger.record({ ...decided(`event ${i}`), ...wrong, account: `account ${i}` })
    }
    await first.ledger.close()
    // More than a page, and more than a batch.
    const known: string[] = []
    const onGuesses: GuessSharing['onGuesses'] = (guesses) =>
      known.push(...guesses.map(({ account }) => account))
    const rules = { uncounted: [], windowMs: 900_000 }
    const { ledger } = await start({ ...options, sharing: { rules, onGuesses } })
    expect(known).toHaveLength(1_500)
    expect(known).toContain('account 1499')
    await ledger.close()
  })

  it.each<[Partial<LedgerOptions>, RegExp, exits: number]>([
    [{ target: { url: 'sqlite:/proc/ledger.sqlite' } }, /^\/proc\/ledger\.sqlite: E/, 0],
    [{ spillDir: '/proc' }, /^\/proc\/okta-migrate-spill\.sqlite: E/, 0],
    [{ threadUrl: support('failing-worker.mjs') }, /did not start/, 1],
  ])('with %j is refused, and the error names the place', async (more, detail, exits) => {
    const errors: string[] = []
    const noLog = (): void => undefined
    const error = (_: object, message: string): void => void errors.push(message)
    const log = { info: noLog, warn: noLog, error }
    await expect(start({ log, ...more })).rejects.toMatchObject({
      code: 'ledger_unusable',
      detail: expect.stringMatching(detail) as string,
    })
    expect(errors.filter((each) => each.includes('exited unexpectedly'))).toHaveLength(exits)
  })
})

describe('a process that is killed while it writes', () => {
  it('leaves all answered decisions to the next one, once and in order', async () => {
    const dir = tempDir()
    const child = spawn(process.execPath, [fileURLToPath(support('record-forever.mjs')), dir])
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const answered = (): number => output.split('\n').length - 1
    await until('300 answers', () => answered() > 300)
    child.kill('SIGKILL')
    await once(child, 'close')

    const { ledger, url } = await start({ spillDir: dir })
    await until('nothing waits', () => ledger.status.waiting === 0)
    await ledger.close()
    const events = await eventsIn(url)
    expect(events.length).toBeGreaterThanOrEqual(answered())
    expect(events).toEqual(events.map((_, i) => `event-${i + 1}`))
  })
})
