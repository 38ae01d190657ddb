/** The metrics that are read from the server's parts when they are collected. */
import { hashSync } from 'bcryptjs'
import { rmSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { createMetricsApp, type CollectorDeps } from '../../src/ops/collectors.ts'
import { ManualClock } from '../support/clock.ts'
import { startHook } from '../support/hook.ts'
import { openLegacy } from '../support/legacy.ts'
import { seriesOf, sumOf } from '../support/metrics.ts'
import { tempDir } from '../support/temp.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'

const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]

const start = async (more: Partial<CollectorDeps> = {}, poolSize = 2) => {
  const options = { rows: ROWS, clock: new ManualClock(), workerUrl: SLOW_WORKER, poolSize }
  const hook = await startHook(options)
  onTestFinished(() => hook.close())
  const legacy = await openLegacy(`sqlite:${hook.legacyPath}`)
  onTestFinished(() => legacy.close())
  let draining = false
  const health = { legacy, pool: hook.pool, isDraining: () => draining }
  const usual = {
    certificateEndsAtMs: () => undefined,
    refused: () => 3,
    log: { failures: 0 },
    version: '1.2.3',
  }
  const parts = { health, pool: hook.pool, ...usual, ...more }
  const app = createMetricsApp(new Registry(), parts)
  const read = async (): Promise<string> => (await app.request('/metrics')).text()
  return {
    hook,
    legacy,
    read,
    valueOf: async (name: string) => sumOf(await read(), `okta_migrate_${name}`),
    drain: () => (draining = true),
  }
}

it('queue and threads are reported as they are at that moment', async () => {
  const { hook, valueOf } = await start()
  expect(await valueOf('workers_configured')).toBe(2)
  expect(await valueOf('workers_alive')).toBe(2)
  const held = [1, 2, 3, 4, 5].map(() => hook.signIn('good@example.com', 'hold'))
  await expect.poll(() => valueOf('checks_waiting')).toBe(3)
  releaseHeld()
  await expect.poll(() => valueOf('checks_waiting')).toBe(1)
  releaseHeld()
  await expect.poll(() => valueOf('checks_waiting')).toBe(0)
  releaseHeld()
  await Promise.all(held)
  expect(await valueOf('connections_refused_total')).toBe(3)
  expect(await valueOf('workers_lost_total')).toBe(0)
  await hook.signIn('good@example.com', 'die')
  expect(await valueOf('workers_lost_total')).toBe(1)
  expect(await valueOf('workers_alive')).toBe(1)
})

it('lines that standard output did not take are counted', async () => {
  const { valueOf } = await start({ log: { failures: 3 } })
  expect(await valueOf('log_write_failures_total')).toBe(3)
})

it('ready agrees with /readyz', async () => {
  const { valueOf, drain } = await start()
  expect(await valueOf('ready')).toBe(1)
  expect(await valueOf('legacy_store_up')).toBe(1)
  drain()
  expect(await valueOf('ready')).toBe(0)
  expect(await valueOf('legacy_store_up')).toBe(1)
})

it('a store with a changed table is reported as refused, and rows of other people are counted', async () => {
  const { hook, legacy, valueOf } = await start({}, 1)
  expect(await valueOf('legacy_store_refused')).toBe(0)
  expect(await valueOf('legacy_foreign_rows_total')).toBe(0)
  await legacy.find('good@example.com', 'someone.else@example.com')
  expect(await valueOf('legacy_foreign_rows_total')).toBe(1)
  rmSync(hook.legacyPath)
  // The first read meets the gap, and the next one makes the check that refuses.
  await valueOf('legacy_store_up')
  await expect.poll(() => valueOf('legacy_store_refused')).toBe(1)
})

it('a store that cannot be read is down, and nothing is ready', async () => {
  const { hook, valueOf } = await start()
  rmSync(hook.legacyPath)
  expect(await valueOf('legacy_store_up')).toBe(0)
  expect(await valueOf('ready')).toBe(0)
})

it('the engine is distinguished from its fallback', async () => {
  const { hook, valueOf } = await start()
  expect(await valueOf('engine_fallback')).toBe(0)
  const { alive, size, waiting, lost } = hook.pool
  const engine = { computes: 'bcrypt', name: 'bcryptjs', fallback: 'refused' }
  const pool = { alive, size, waiting, lost, engine }
  expect(await (await start({ pool })).valueOf('engine_fallback')).toBe(1)
})

it('version and engine are shown as labels', async () => {
  const { hook, read } = await start()
  expect(seriesOf(await read(), 'okta_migrate_build_info')).toEqual({
    [`okta_migrate_build_info{version="1.2.3",node="${process.version}",engine="${hook.pool.engine.name}"}`]: 1,
  })
})

it('an engine that is known only after the ports are open is shown', async () => {
  const { hook } = await start()
  const { alive, size, waiting, lost } = hook.pool
  const pool = { alive, size, waiting, lost, engine: { computes: 'bcrypt', name: 'first' } }
  const { read } = await start({ pool })
  pool.engine = { computes: 'sha256crypt', name: 'slower' }
  expect(Object.keys(seriesOf(await read(), 'okta_migrate_build_info'))).toEqual([
    `okta_migrate_build_info{version="1.2.3",node="${process.version}",engine="slower"}`,
  ])
})

it('parts that are not in use have no metrics', async () => {
  const { read } = await start()
  expect(await read()).not.toMatch(/ledger|oauth|tls/)
})

it('keys and certificate are reported where they are in use', async () => {
  let ready = false
  const { valueOf } = await start({
    keys: { ready: () => ready },
    certificateEndsAtMs: () => 1_800_000_000_000,
  })
  expect(await valueOf('oauth_keys_present')).toBe(0)
  ready = true
  expect(await valueOf('oauth_keys_present')).toBe(1)
  expect(await valueOf('tls_certificate_not_after_timestamp_seconds')).toBe(1_800_000_000)
})

it('the ledger reports what waits, what is lost and what failed', async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const threadUrl = new URL('../support/unsteady-ledger-thread.mjs', import.meta.url)
  const spillDir = tempDir()
  const ledger = await Ledger.start({
    target: { url: `sqlite:${spillDir}/ledger.sqlite` },
    spillDir,
    clock: systemClock,
    log,
    threadUrl,
    maxEntriesInMemory: 1,
  })
  const { valueOf } = await start({ ledger })
  const who = { id: 'one', eventId: 'one', account: 'a', person: 'a', callerGone: false }
  const decided = { ...who, outcome: 'VERIFIED', reason: 'match' } as const
  for (let i = 0; i < 3; i++) {
    void ledger.record({ ...decided, hash: undefined, waitMs: 0, runMs: 0 })
  }
  expect(await valueOf('ledger_entries_waiting')).toBe(7 + 1)
  expect(await valueOf('ledger_entries_lost_total')).toBe(2)
  expect(await valueOf('ledger_database_up')).toBe(1)
  expect(await valueOf('ledger_spill_up')).toBe(1)
  expect(await valueOf('ledger_database_outages_total')).toBe(1)
  expect(await valueOf('ledger_spill_outages_total')).toBe(2)
  expect(await valueOf('ledger_threads_lost_total')).toBe(0)
  expect(await valueOf('ledger_files_vanished_total')).toBe(2)
  await ledger.close()
  rmSync(spillDir, { recursive: true })
})

it.each([
  ['refused', 1],
  ['unreachable', 0],
  ['ok', 0],
])('a ledger whose database is %s', async (database, refused) => {
  const faults = { database: 0, spill: 0, thread: 0, files: 0 }
  const status = { database, spill: 'ok', waiting: 0, lost: 0 }
  const { valueOf } = await start({ ledger: { status, faults } })
  expect(await valueOf('ledger_database_refused')).toBe(refused)
})

it('a ledger whose database is away is reported as down', async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const url = 'postgres://ledger@127.0.0.1:1/ledger'
  const ledger = await Ledger.start({
    target: { url },
    spillDir: tempDir(),
    clock: systemClock,
    log,
  })
  onTestFinished(() => ledger.close())
  const { valueOf } = await start({ ledger })
  expect(await valueOf('ledger_database_up')).toBe(0)
  expect(await valueOf('ledger_database_outages_total')).toBe(1)
})
