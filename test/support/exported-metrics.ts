/** The names of all metrics that a server with every part exports. */
import { registerCollectors } from '../../src/ops/collectors.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { VERSION } from './deploy.ts'

export const exportedMetrics = (): string[] => {
  const { registry } = createMetrics({ deadlineMs: 2_500, lookupLimitMs: 1_250, outcomes: [] })
  const pool = {
    alive: 1,
    size: 1,
    waiting: 0,
    lost: 0,
    engine: { computes: 'bcrypt', name: 'bcryptjs' },
  }
  registerCollectors(registry, {
    health: {
      legacy: { ping: async () => undefined, state: 'ok', foreignRows: 0 },
      pool,
      isDraining: () => false,
    },
    pool,
    keys: { ready: () => true },
    ledger: {
      status: { database: 'ok', spill: 'ok', waiting: 0, lost: 0 },
      faults: { database: 0, spill: 0, thread: 0, files: 0 },
    },
    log: { failures: 0 },
    certificateEndsAtMs: () => 0,
    version: VERSION,
    refused: () => 0,
  })
  return registry
    .getMetricsAsArray()
    .map(({ name }) => name)
    .sort()
}
