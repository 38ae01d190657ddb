/** Reads the state of the server's parts when the metrics are scraped. */
import { Hono } from 'hono'
import { Counter, Gauge, type Registry } from 'prom-client'
import { probe, type HealthDeps, type Readiness } from './probes.ts'
import { MS_PER_SECOND, PREFIX } from './metrics.ts'

interface CollectedLedger {
  readonly status: Readonly<
    Record<'database' | 'spill', string> & Record<'waiting' | 'lost', number>
  >
  readonly faults: Readonly<Record<'database' | 'spill' | 'thread' | 'files', number>>
}

export interface CollectorDeps {
  readonly health: HealthDeps
  readonly pool: HealthDeps['pool'] & { readonly waiting: number; readonly lost: number }
  /** Set where bearer tokens are accepted, with or without a secret. */
  readonly keys?: HealthDeps['keys']
  readonly ledger?: CollectedLedger | undefined
  readonly log: { readonly failures: number }
  /** Undefined where the server does not use TLS itself. */
  readonly certificateEndsAtMs: () => number | undefined
  /** The version of this program. */
  readonly version: string
  /** The number of connections refused because their source had too many. */
  readonly refused: () => number
}

type Row = readonly [name: string, help: string, read: (now: Readiness) => number | boolean]

const gaugesOf = ({ health, pool, keys, ledger, certificateEndsAtMs }: CollectorDeps): Row[] => [
  ['ready', 'Whether calls can be decided, as in /readyz', ({ ready }) => ready],
  ['legacy_store_up', 'Whether the legacy store can be read', ({ storeOk }) => storeOk],
  [
    'legacy_store_refused',
    'Whether the legacy store failed its check, or its file is gone',
    () => health.legacy.state === 'refused',
  ],
  ['checks_waiting', 'Password checks that wait in the queue', () => pool.waiting],
  ['workers_alive', 'Worker threads that can check passwords', () => pool.alive],
  ['workers_configured', 'Worker threads that are configured', () => pool.size],
  [
    'engine_fallback',
    'Whether the slower engine is in use for some hashes',
    () => pool.engine.fallback !== undefined,
  ],
  ...(keys ? oauthGauges(keys) : []),
  ...(ledger ? ledgerGauges(ledger) : []),
  ...(certificateEndsAtMs() === undefined ? [] : tlsGauges(certificateEndsAtMs)),
]

const oauthGauges = (keys: { ready(): boolean }): Row[] => [
  ['oauth_keys_present', "Whether the issuer's keys are available", () => keys.ready()],
]

const ledgerGauges = (ledger: CollectedLedger): Row[] => [
  [
    'ledger_database_up',
    'Whether the ledger database accepts entries',
    () => ledger.status.database === 'ok',
  ],
  [
    'ledger_database_refused',
    'Whether the ledger database refuses the login or a statement',
    () => ledger.status.database === 'refused',
  ],
  ['ledger_spill_up', 'Whether the spill file can be written', () => ledger.status.spill === 'ok'],
  ['ledger_entries_waiting', 'Decisions not in the database yet', () => ledger.status.waiting],
]

const tlsGauges = (endsAtMs: () => number | undefined): Row[] => [
  [
    'tls_certificate_not_after_timestamp_seconds',
    'When the certificate in use expires',
    () => (endsAtMs() ?? 0) / MS_PER_SECOND,
  ],
]

const countersOf = ({ health, pool, ledger, log, refused }: CollectorDeps): Row[] => [
  [
    'legacy_foreign_rows_total',
    'Rows returned by lookups that belong to other people',
    () => health.legacy.foreignRows ?? 0,
  ],
  ['workers_lost_total', 'Worker threads that exited unexpectedly', () => pool.lost],
  ['connections_refused_total', 'Connections refused because their address had too many', refused],
  ['log_write_failures_total', 'Lines not written to standard output', () => log.failures],
  ...(ledger ? ledgerCounters(ledger) : []),
]

const ledgerCounters = (ledger: CollectedLedger): Row[] => [
  ['ledger_entries_lost_total', 'Decisions that were not recorded', () => ledger.status.lost],
  ['ledger_database_outages_total', 'Outages of the ledger database', () => ledger.faults.database],
  ['ledger_spill_outages_total', 'Outages of the spill file', () => ledger.faults.spill],
  [
    'ledger_files_vanished_total',
    'Ledger files that were deleted or replaced while in use',
    () => ledger.faults.files,
  ],
  ['ledger_threads_lost_total', 'Ledger threads that exited', () => ledger.faults.thread],
]

/** A gauge that is always 1; its labels show what is running. */
const registerBuildInfo = (registry: Registry, { version, pool }: CollectorDeps): void => {
  const labels = () => ({ version, node: process.version, engine: pool.engine.name })
  const labelNames = Object.keys(labels())
  const help = 'Versions of this program and Node.js, and the engine that checks passwords'
  const collect = function (this: Gauge): void {
    this.reset()
    this.set(labels(), 1)
  }
  new Gauge({ name: `${PREFIX}build_info`, help, labelNames, registers: [registry], collect })
}

/** @returns a function that asks the store, once and within its own limit; the gauges show its last answer */
export const registerCollectors = (
  registry: Registry,
  deps: CollectorDeps,
): (() => Promise<void>) => {
  let readiness: Readiness = { ready: false, storeOk: false, keysOk: false }
  const registers = [registry]
  registerBuildInfo(registry, deps)
  for (const [name, help, read] of gaugesOf(deps)) {
    const collect = function (this: Gauge): void {
      this.set(Number(read(readiness)))
    }
    new Gauge({ name: PREFIX + name, help, registers, collect })
  }
  for (const [name, help, read] of countersOf(deps)) {
    const collect = function (this: Counter): void {
      this.reset()
      this.inc(Number(read(readiness)))
    }
    new Counter({ name: PREFIX + name, help, registers, collect })
  }
  return async () => {
    readiness = await probe(deps.health)
  }
}

export const createMetricsApp = (registry: Registry, deps: CollectorDeps): Hono => {
  const probeOnce = registerCollectors(registry, deps)
  const app = new Hono()
  app.get('/metrics', async (c) => {
    await probeOnce()
    return c.text(await registry.metrics(), 200, { 'content-type': registry.contentType })
  })
  return app
}
