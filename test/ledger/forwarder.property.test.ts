/** Any order of decisions, outages, crashes and restarts ends with each kept decision once, in order. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { LedgerDatabase } from '../../src/ledger/database/database.ts'
import { entry } from '../support/ledger-entry.ts'
import { makeForwarder, subDir } from '../support/forwarder.ts'
import { runSql } from '../support/ledger-sql.ts'
import { fc } from '../support/properties.ts'
import { tempDir } from '../support/temp.ts'

/** `mute` is the worst: the database commits, and the answer is lost. */
type Condition = 'up' | 'down' | 'mute'

const UNREACHED = new Error('the database is away')

const under =
  (condition: () => Condition) =>
  (database: LedgerDatabase): LedgerDatabase => ({
    ...database,
    migrate: async () => {
      if (condition() === 'down') throw UNREACHED
      await database.migrate()
    },
    write: async (entries) => {
      if (condition() === 'down') throw UNREACHED
      await database.write(entries)
      if (condition() === 'mute') throw UNREACHED
    },
  })

/** The system, together with the state that must result. */
class Run {
  readonly dir: string
  readonly url: string
  condition: Condition = 'up'
  parts: ReturnType<typeof makeForwarder>
  /** Events that the spill has accepted, in order: these must be in the database in the end. */
  readonly kept: string[] = []
  /** Events in memory alone: a crash loses these. */
  memory: string[] = []

  constructor(dir: string) {
    this.dir = dir
    this.url = `sqlite:${join(dir, 'ledger.sqlite')}`
    this.parts = this.#boot()
  }

  #boot() {
    const { url, dir: spillDir } = this
    return makeForwarder({ url, spillDir, between: under(() => this.condition) })
  }

  markPersisted(): void {
    this.kept.push(...this.memory.splice(0, this.parts.reported.persisted))
    this.parts.reported.persisted = 0
  }

  record(count: number): void {
    const entries = Array.from({ length: count }, () => entry())
    this.parts.forwarder.enqueue(entries)
    this.memory.push(...entries.map(({ eventId }) => eventId))
  }

  async pass(ms: number): Promise<void> {
    await this.parts.pass(ms)
    this.markPersisted()
  }

  /** The process dies: nothing more is written, and no handle is closed properly. */
  async crash(): Promise<void> {
    this.markPersisted()
    this.memory = []
    this.parts = this.#boot()
    await this.parts.forwarder.start()
  }

  async restart(): Promise<void> {
    await this.#close()
    this.parts = this.#boot()
    await this.parts.forwarder.start()
  }

  /** The spill is deleted, which is noticed with the next decision. */
  vanish(): void {
    for (const end of ['', '-wal', '-shm']) {
      rmSync(join(this.dir, `okta-migrate-spill.sqlite${end}`), { force: true })
    }
    this.record(1)
  }

  async #close(): Promise<void> {
    await this.parts.forwarder.close()
    this.markPersisted()
  }

  async end(): Promise<string[]> {
    this.condition = 'up'
    await this.pass(120_000)
    expect(this.parts.forwarder.waiting).toBe(0)
    await this.#close()
    const rows = await runSql(this.url, 'SELECT event_id FROM ledger_decisions ORDER BY id')
    return rows.map((row) => String(row['event_id']))
  }
}

type Step = (run: Run) => void | Promise<void>

const named = (name: string, step: Step): Step =>
  Object.assign(step, { [fc.toStringMethod]: () => name })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.nat({ max: 700 }).map((n) => named(`record ${n}`, (r) => r.record(n))),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(250, 500, 1_000, 5_000)
      .map((ms) => named(`pass ${ms} ms`, (r) => r.pass(ms))),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<Condition>('up', 'down', 'mute')
      .map((condition) => named(condition, (r) => void (r.condition = condition))),
  },
  { weight: 1, arbitrary: fc.constant(named('crash', (r) => r.crash())) },
  { weight: 1, arbitrary: fc.constant(named('vanish', (r) => r.vanish())) },
  { weight: 1, arbitrary: fc.constant(named('restart', (r) => r.restart())) },
)

it('the database has each kept decision exactly once and in order', async () => {
  const dir = tempDir()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const run = new Run(subDir(dir))
      await run.parts.forwarder.start()
      for (const step of steps) await step(run)
      expect(await run.end()).toEqual(run.kept)
    }),
    { numRuns: 30 },
  )
})
