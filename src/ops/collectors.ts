/** Owns what is read of the server's parts when somebody asks for the metrics. */
import { Hono } from 'hono'
import { Counter, Gauge, type Registry } from 'prom-client'
import { probe, type HealthDeps, type Readiness } from './probes.ts'
import { MS_PER_SECOND, PREFIX } from './metrics.ts'

interface ReadPool {
  readonly alive: number
  readonly size: number
  readonly waiting: number
  readonly lost: number
  readonly engine: { readonly name: string; readonly fallback?: string }
}

interface ReadLedger {
  readonly status: {
    readonly database: string
    readonly spill: string
    readonly waiting: number
    readonly lost: number
  }
  readonly faults: Readonly<Record<'database' | 'spill' | 'thread' | 'files', number>>
}

export interface ReadDeps {
  readonly health: HealthDeps
  readonly pool: ReadPool
  /** Set where bearer tokens are accepted, be it beside a secret. */
  readonly keys?: { ready(): boolean } | undefined
  readonly ledger?: ReadLedger | undefined
  readonly log: { readonly failures: number }
  /** Undefined where the server does not speak TLS itself. */
  readonly certificateEndsAtMs: () => number | undefined
  /** Of this program. */
  readonly version: string
  /** Connections that were refused since their source had too many. */
  readonly refused: () => number
}

type Row = readonly [name: string, help: string, read: (now: Readiness) => number]

const gaugesOf = ({ health, pool, keys, ledger, certificateEndsAtMs }: ReadDeps): Row[] => [
  ['ready', 'Whether calls can be decided, as /readyz says', (now) => Number(now.ready)],
  ['legacy_store_up', 'Whether the legacy store can be read', (now) => Number(now.storeOk)],
  [
    'legacy_store_refused',
    'Whether the store that is there now failed its check, or its file is gone',
    () => Number(health.legacy.state === 'refused'),
  ],
  ['checks_waiting', 'Checks that are admitted and not begun', () => pool.waiting],
  ['workers_alive', 'Threads that can check passwords', () => pool.alive],
  ['workers_configured', 'Threads that there should be', () => pool.size],
  [
    'engine_fallback',
    'Whether the slower engine is in use',
    () => Number(pool.engine.fallback !== undefined),
  ],
  ...(keys ? oauthGauges(keys) : []),
  ...(ledger ? ledgerGauges(ledger) : []),
  ...(certificateEndsAtMs() === undefined ? [] : tlsGauges(certificateEndsAtMs)),
]

const oauthGauges = (keys: { ready(): boolean }): Row[] => [
  ['oauth_keys_present', "Whether the issuer's keys are at hand", () => Number(keys.ready())],
]

const ledgerGauges = (ledger: ReadLedger): Row[] => [
  [
    'ledger_database_up',
    "Whether the ledger's database takes entries",
    () => Number(ledger.status.database === 'ok'),
  ],
  [
    'ledger_database_refused',
    "Whether the ledger's database is there and refuses the login or a statement",
    () => Number(ledger.status.database === 'refused'),
  ],
  [
    'ledger_spill_up',
    'Whether entries can be written to the disk',
    () => Number(ledger.status.spill === 'ok'),
  ],
  [
    'ledger_entries_waiting',
    'Entries that the database does not have yet',
    () => ledger.status.waiting,
  ],
]

const tlsGauges = (endsAtMs: () => number | undefined): Row[] => [
  [
    'tls_certificate_not_after_timestamp_seconds',
    'When the certificate in use ends',
    () => (endsAtMs() ?? 0) / MS_PER_SECOND,
  ],
]

const countersOf = ({ health, pool, ledger, log, refused }: ReadDeps): Row[] => [
  [
    'legacy_foreign_rows_total',
    'Rows of other people that the lookup returned',
    () => health.legacy.foreignRows,
  ],
  ['workers_lost_total', 'Threads that ended unasked', () => pool.lost],
  [
    'connections_refused_total',
    'Connections that were refused because their address had too many',
    refused,
  ],
  [
    'log_write_failures_total',
    'Lines of the log that standard output did not take',
    () => log.failures,
  ],
  ...(ledger ? ledgerCounters(ledger) : []),
]

const ledgerCounters = (ledger: ReadLedger): Row[] => [
  [
    'ledger_entries_lost_total',
    'Decisions that the ledger could not take',
    () => ledger.status.lost,
  ],
  [
    'ledger_database_outages_total',
    "Times that the ledger's database ceased to serve",
    () => ledger.faults.database,
  ],
  [
    'ledger_spill_outages_total',
    'Times that entries could no longer be written to the disk',
    () => ledger.faults.spill,
  ],
  [
    'ledger_files_vanished_total',
    'Times that a file of the ledger was deleted or replaced while in use',
    () => ledger.faults.files,
  ],
  ['ledger_threads_lost_total', "Times that the ledger's thread ended", () => ledger.faults.thread],
]

/** A gauge that is always 1; its labels say what is running. */
const registerBuildInfo = (registry: Registry, { version, pool }: ReadDeps): void => {
  const labels = { version, node: process.version, engine: pool.engine.name }
  const labelNames = Object.keys(labels)
  const help = 'What is running: this program, Node.js, and the engine that checks passwords'
  new Gauge({ name: `${PREFIX}build_info`, help, labelNames, registers: [registry] }).set(labels, 1)
}

/** @returns a function that reads them all; the store is asked once, within its own limit */
export const registerCollectors = (registry: Registry, deps: ReadDeps): (() => Promise<void>) => {
  registerBuildInfo(registry, deps)
  const registers = [registry]
  const gauges = gaugesOf(deps).map(([name, help, read]) => {
    const gauge = new Gauge({ name: PREFIX + name, help, registers })
    return (now: Readiness) => gauge.set(read(now))
  })
  const counters = countersOf(deps).map(([name, help, read]) => {
    const counter = new Counter({ name: PREFIX + name, help, registers })
    return (now: Readiness) => {
      counter.reset()
      counter.inc(read(now))
    }
  })
  return async () => {
    const now = await probe(deps.health)
    for (const read of [...gauges, ...counters]) read(now)
  }
}

export const createMetricsApp = (registry: Registry, deps: ReadDeps): Hono => {
  const readAll = registerCollectors(registry, deps)
  const app = new Hono()
  app.get('/metrics', async (c) => {
    await readAll()
    return c.text(await registry.metrics(), 200, { 'content-type': registry.contentType })
  })
  return app
}
