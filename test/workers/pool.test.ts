/** The pool: bounded, on time, and complete again after it loses a thread. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { Outcome } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import type { Checked } from '../../src/workers/checker.ts'
import { WorkerPool, type WorkerPoolOptions } from '../../src/workers/pool.ts'
import { ManualClock } from '../support/clock.ts'
import { until } from '../support/until.ts'
import {
  releaseHeld,
  SLOW_WORKER,
  FAILING_WORKER,
  NO_ARGON2_WORKER,
  UNEVEN_WORKER,
  UNFINISHED_WORKER,
  WIDE_WORKER,
  WILLING_WORKER,
} from '../support/workers.ts'

const HASH = hashSync('open sesame', 4)
const ARGON2 =
  '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Gpj7qOY5RCXJvcMzqcdQqvgR3wcPX7SleI4c9NtXk6E'
const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }

const startPool = async (options: Partial<WorkerPoolOptions> = {}) => {
  const clock = new ManualClock()
  const losses: object[] = []
  const pool = await WorkerPool.start({
    size: 1,
    queueLimit: 2,
    clock,
    onLoss: (what) => losses.push(what),
    ...options,
  })
  onTestFinished(async () => {
    const closed = pool.close()
    clock.advance(60_000)
    releaseHeld()
    await closed
  })
  await until('all threads are ready', () => pool.alive === pool.size)
  return { pool, clock, losses }
}

/** As the hook does it: a hash that is not sound is not computed. */
const check = (pool: WorkerPool, encoded: string, ...rest: [string, number, AbortSignal?]) => {
  const found = inspect(encoded, BOUNDS)
  const flawed = (flaw: Outcome): Checked => ({ outcome: flaw, waitMs: 0, runMs: 0, lanes: 0 })
  return 'flaw' in found ? Promise.resolve(flawed(found.flaw)) : pool.check(found, ...rest)
}

const code = (check: Promise<unknown>): Promise<unknown> =>
  check.then(
    () => 'answered',
    (err: unknown) => (err as { code?: unknown }).code,
  )

describe('a check', () => {
  it.each([
    ['open sesame', HASH, 'match'],
    ['open barley', HASH, 'mismatch'],
    ['open sesame', HASH.slice(0, 50), 'truncated'],
    ['open sesame', HASH.replace('$04$', '$15$'), 'out_of_bounds'],
  ])('of "%s" against %s is %s', async (password, hash, outcome) => {
    const { pool } = await startPool()
    expect(await check(pool, hash, password, 100)).toMatchObject({ outcome })
  })

  it('reports how long it waited and how long it ran', async () => {
    const { pool } = await startPool({ clock: systemClock })
    const checked = await check(pool, HASH, 'open sesame', performance.now() + 10_000)
    expect(checked.waitMs).toBeGreaterThanOrEqual(0)
    expect(checked.runMs).toBeGreaterThan(0)
  })

  it('waits while every thread is busy, and the wait is counted', async () => {
    const { pool, clock } = await startPool({ workerUrl: SLOW_WORKER })
    const held = check(pool, HASH, 'hold', 1000)
    const queued = check(pool, HASH, 'go', 1000)
    clock.advance(300)
    releaseHeld()
    expect(await held).toMatchObject({ waitMs: 0 })
    expect(await queued).toMatchObject({ outcome: 'match', waitMs: 300 })
  })
})

describe('the queue', () => {
  it('refuses a check beyond its limit at once', async () => {
    const { pool } = await startPool({ workerUrl: SLOW_WORKER })
    const admitted = [1, 2, 3].map(() => code(check(pool, HASH, 'hold', 1000)))
    expect(await code(check(pool, HASH, 'hold', 1000))).toBe('overloaded')
    const sentinel = Promise.resolve('none answered')
    expect(await Promise.race([...admitted, sentinel])).toBe('none answered')
  })

  it('refuses a check that is already late', async () => {
    const { pool, clock } = await startPool()
    clock.advance(5)
    expect(await code(check(pool, HASH, 'open sesame', 5))).toBe('deadline_exceeded')
  })

  it('refuses a waiting or running check at its deadline, and makes room', async () => {
    const { pool, clock } = await startPool({ workerUrl: SLOW_WORKER })
    const running = code(check(pool, HASH, 'hold', 30))
    const waiting = code(check(pool, HASH, 'hold', 10))
    const patient = check(pool, HASH, 'go', 100)
    expect(await code(check(pool, HASH, 'go', 100))).toBe('overloaded')
    clock.advance(10)
    expect(await waiting).toBe('deadline_exceeded')
    const another = check(pool, HASH, 'go', 100)
    clock.advance(20)
    expect(await running).toBe('deadline_exceeded')
    releaseHeld()
    expect(await patient).toMatchObject({ outcome: 'match', waitMs: 30 })
    expect(await another).toMatchObject({ outcome: 'match', waitMs: 20 })
    expect(clock.pending).toEqual([])
  })
})

describe('a batch', () => {
  it('takes checks of one cost that waited together, and each has its own outcome', async () => {
    const { pool } = await startPool({ workerUrl: WIDE_WORKER, queueLimit: 9 })
    const held = check(pool, HASH, 'hold', 1000)
    const costly = HASH.replace('$04$', '$05$')
    const waiting = [HASH, costly, HASH, costly, HASH].map((hash) => check(pool, hash, 'go', 1000))
    releaseHeld()
    expect((await held).lanes).toBe(1)
    expect((await Promise.all(waiting)).map(({ lanes }) => lanes)).toEqual([3, 2, 3, 2, 3])
  })

  it('is no wider than the thread with the fewest lanes can take', async () => {
    const { pool } = await startPool({ workerUrl: UNEVEN_WORKER, size: 2, queueLimit: 9 })
    const held = [1, 2].map(() => check(pool, HASH, 'hold', 1000))
    const waiting = [1, 2, 3, 4].map(() => check(pool, HASH, 'go', 1000))
    releaseHeld()
    const answers = await Promise.all([...held, ...waiting])
    expect(answers.map(({ lanes }) => lanes)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('of real checks gives each its own answer', async () => {
    const { pool } = await startPool({ clock: systemClock, queueLimit: 9 })
    const deadline = performance.now() + 60_000
    const checks = ['open sesame', 'open barley', 'open sesame', 'open rye'].map((password) =>
      check(pool, HASH, password, deadline),
    )
    expect((await Promise.all(checks)).map(({ outcome }) => outcome)).toEqual([
      'match',
      'mismatch',
      'match',
      'mismatch',
    ])
  })
})

describe('the engine', () => {
  it('is the one that the threads report', async () => {
    const { pool } = await startPool({ workerUrl: WIDE_WORKER })
    expect(pool.engine).toEqual({ computes: 'bcrypt', name: 'bcryptjs', lanes: 3 })
  })
})

describe('a caller that gives up', () => {
  it('has its waiting check dropped, which makes room for another', async () => {
    const { pool, clock } = await startPool({ workerUrl: SLOW_WORKER, queueLimit: 1 })
    const held = check(pool, HASH, 'hold', 1000)
    const caller = new AbortController()
    // If it ran, it would end the thread.
    const dropped = code(check(pool, HASH, 'die', 1000, caller.signal))
    caller.abort()
    expect(await dropped).toBe('caller_gone')
    const another = check(pool, HASH, 'go', 1000)
    releaseHeld()
    expect(await held).toMatchObject({ outcome: 'match' })
    expect(await another).toMatchObject({ outcome: 'match' })
    expect(clock.pending).toEqual([])
  })

  it('does not stop a check that already runs', async () => {
    const { pool } = await startPool({ workerUrl: SLOW_WORKER })
    const caller = new AbortController()
    const running = check(pool, HASH, 'hold', 1000, caller.signal)
    caller.abort()
    releaseHeld()
    expect(await running).toMatchObject({ outcome: 'match' })
  })

  it('before its check is admitted has none admitted', async () => {
    const { pool } = await startPool()
    expect(await code(check(pool, HASH, 'go', 1000, AbortSignal.abort()))).toBe('caller_gone')
  })
})

describe('a result that comes after its deadline', () => {
  it('is discarded, even where the timer for the deadline is late too', async () => {
    let now = 0
    const clock: Clock = { now: () => now, epochMs: () => now, after: () => () => undefined }
    const pool = await WorkerPool.start({
      size: 1,
      queueLimit: 1,
      clock,
      workerUrl: SLOW_WORKER,
    })
    const late = code(check(pool, HASH, 'hold', 1000))
    now = 1001
    releaseHeld()
    expect(await late).toBe('deadline_exceeded')
    await pool.close()
  })
})

it('a check that did not get its memory fails alone, and does not make others look quick', async () => {
  const { pool, clock, losses } = await startPool({ workerUrl: SLOW_WORKER })
  const takes16Ms = HASH.replace('$04$', '$08$')
  const failed = code(check(pool, takes16Ms, 'no memory', 1000))
  clock.advance(1)
  expect(await failed).toBe('out_of_memory')
  expect(await code(check(pool, takes16Ms, 'go', clock.now() + 10))).toBe('overloaded')
  expect(await check(pool, takes16Ms, 'go', clock.now() + 1000)).toMatchObject({ outcome: 'match' })
  expect(losses).toEqual([])
})

describe('a missing core', () => {
  it('is named, and refuses its own kinds alone', async () => {
    const told: object[] = []
    const { pool, losses } = await startPool({
      workerUrl: NO_ARGON2_WORKER,
      onCore: (core) => told.push(core),
    })
    expect(await code(check(pool, ARGON2, 'password', 1000))).toBe('core_missing')
    const missing = [{ computes: 'argon2', why: 'Error: no binary' }]
    expect(pool.missing).toEqual(missing)
    expect(told).toEqual(expect.arrayContaining([...pool.cores, ...missing]))
    expect(pool.cores.map(({ computes }) => computes)).not.toContain('argon2')
    expect(await check(pool, HASH, 'open sesame', 1000)).toMatchObject({ outcome: 'match' })
    expect(losses).toEqual([])
  })

  it('is none where all packages are there', async () => {
    const { pool } = await startPool()
    expect(pool.missing).toEqual([])
    expect(await check(pool, ARGON2, 'password', 1000)).toMatchObject({ outcome: 'match' })
  })
})

describe('a core that is still to be made', () => {
  const startUnfinished = () => startPool({ workerUrl: UNFINISHED_WORKER })

  it('is waited for by checks of its kinds alone', async () => {
    const { pool } = await startUnfinished()
    let isAnswered = false
    const waiting = check(pool, ARGON2, 'go', 1000).finally(() => (isAnswered = true))
    expect(await check(pool, HASH, 'go', 1000)).toMatchObject({ outcome: 'match' })
    expect(isAnswered).toBe(false)
    releaseHeld()
    expect(await waiting).toMatchObject({ outcome: 'match' })
  })

  it('is waited for no longer than until the deadline', async () => {
    const { pool, clock } = await startUnfinished()
    const late = code(check(pool, ARGON2, 'go', 1000))
    clock.advance(1000)
    expect(await late).toBe('deadline_exceeded')
    expect(clock.pending).toEqual([])
  })

  it('is made next when a check waits for it', async () => {
    const { pool } = await startPool({ workerUrl: WILLING_WORKER })
    expect(await check(pool, ARGON2, 'go', 1000)).toMatchObject({ outcome: 'match' })
  })

  it('is waited for when its thread is lost, and the one that replaces it makes it', async () => {
    const { pool, clock } = await startUnfinished()
    const waiting = check(pool, ARGON2, 'go', 9000)
    expect(await code(check(pool, HASH, 'die', 9000))).toBe('worker_lost')
    await expect.poll(() => clock.pending).toContain(1000)
    clock.advance(1000)
    await expect.poll(() => pool.alive).toBe(1)
    releaseHeld()
    expect(await waiting).toMatchObject({ outcome: 'match' })
  })

  it('whose making always ends the thread does not make it start again without pause', async () => {
    const { pool, clock } = await startUnfinished()
    const delays: number[] = []
    for (let death = 0; death < 3; death++) {
      await until('the thread is ready', () => pool.alive === 1)
      expect(await code(check(pool, HASH, 'die', clock.now() + 90_000))).toBe('worker_lost')
      await expect.poll(() => clock.pending).toHaveLength(1)
      delays.push(...clock.pending)
      clock.advance(delays.at(-1) ?? 0)
    }
    expect(delays).toEqual([1000, 2000, 4000])
  })

  it('is waited for by no more checks than may be queued', async () => {
    const { pool, clock } = await startUnfinished()
    const first = [1, 2].map(() => code(check(pool, ARGON2, 'go', 1000)))
    expect(await code(check(pool, ARGON2, 'go', 1000))).toBe('overloaded')
    clock.advance(1000)
    expect(await Promise.all(first)).toEqual(['deadline_exceeded', 'deadline_exceeded'])
  })

  it('is not waited for when the pool closes', async () => {
    const { pool } = await startUnfinished()
    const waiting = code(check(pool, ARGON2, 'go', 1000))
    await pool.close()
    expect(await waiting).toBe('shutting_down')
  })

  it('is made by another thread when that is asked for it', async () => {
    const { pool } = await startPool({ size: 2, queueLimit: 9, clock: systemClock })
    const deadline = systemClock.now() + 60_000
    const checks = Array.from({ length: 6 }, () => check(pool, ARGON2, 'password', deadline))
    for (const { outcome } of await Promise.all(checks)) expect(outcome).toBe('match')
  })

  it('is made once the rest of the start is over, as the other threads are', async () => {
    const pool = await WorkerPool.start({
      ...{ size: 2, queueLimit: 2, clock: systemClock, isHeld: true },
    })
    onTestFinished(() => pool.close())
    await check(pool, HASH, 'open sesame', systemClock.now() + 60_000)
    expect(pool.cores.map(({ computes }) => computes)).toEqual(['bcrypt'])
    expect([pool.alive, pool.size]).toEqual([1, 2])
    pool.complete()
    await until('all cores are made', () => pool.cores.length > 15 && pool.alive === 2)
  })

  it('may turn out to be missing in one thread, which answers and lives on', async () => {
    const { pool, losses } = await startPool({ workerUrl: SLOW_WORKER })
    expect(await code(check(pool, HASH, 'no core', 1000))).toBe('core_missing')
    expect(await check(pool, HASH, 'go', 1000)).toMatchObject({ outcome: 'match' })
    expect(losses).toEqual([])
  })
})

describe('a lost thread', () => {
  it('fails only its own check, is reported, and is replaced at once', async () => {
    const { pool, clock, losses } = await startPool({ workerUrl: SLOW_WORKER })
    const lost = code(check(pool, HASH, 'die', 1000))
    const queued = check(pool, HASH, 'go', 1000)
    expect(await lost).toBe('worker_lost')
    expect(losses).toEqual([{ exitCode: 7 }])
    expect(pool.alive).toBe(0)
    expect(clock.pending).toEqual([0, 1000])
    clock.advance(0)
    expect(await queued).toMatchObject({ outcome: 'match' })
    expect(pool.alive).toBe(1)
  })

  it('that was never ready stops the start', async () => {
    const starting = startPool({ workerUrl: FAILING_WORKER })
    await expect(starting).rejects.toMatchObject({ code: 'workers_failed' })
  })

  it('that keeps failing to start is replaced after increasing delays, up to half a minute', async () => {
    const clock = new ManualClock()
    let workerUrl = SLOW_WORKER
    const pool = await WorkerPool.start({
      size: 1,
      queueLimit: 1,
      clock,
      get workerUrl() {
        return workerUrl
      },
    })
    workerUrl = FAILING_WORKER
    await code(check(pool, HASH, 'die', 90_000))
    const delays: number[] = []
    for (let death = 0; death < 8; death++) {
      await expect.poll(() => clock.pending).toHaveLength(1)
      delays.push(...clock.pending)
      clock.advance(delays.at(-1) ?? 0)
    }
    expect(delays).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    await pool.close()
  })
})

describe('closing', () => {
  it('finishes what was admitted and admits no more', async () => {
    const { pool } = await startPool({ workerUrl: SLOW_WORKER })
    const running = check(pool, HASH, 'hold', 1000)
    const queued = check(pool, HASH, 'go', 1000)
    const closed = pool.close()
    expect(await code(check(pool, HASH, 'go', 1000))).toBe('shutting_down')
    releaseHeld()
    expect(await running).toMatchObject({ outcome: 'match' })
    expect(await queued).toMatchObject({ outcome: 'match' })
    await closed
    expect(pool.alive).toBe(0)
  })

  it('does not replace a thread that is lost meanwhile', async () => {
    const { pool, clock } = await startPool({ workerUrl: SLOW_WORKER })
    const lost = code(check(pool, HASH, 'die', 1000))
    await pool.close()
    expect(await lost).toBe('worker_lost')
    expect(clock.pending).toEqual([])
  })
})
