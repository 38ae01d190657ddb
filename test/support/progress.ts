/** The progress of a run before its first row. */
import type { Snapshot } from '../../src/import/run/run.ts'
import type { RateLimitStatus } from '../../src/okta/client/client.ts'

export const NO_COUNTS = {
  sending: 0,
  created: 0,
  updated: 0,
  existing: 0,
  rejected: 0,
  failed: 0,
  skipped: 0,
}

export const START: Snapshot = {
  ...NO_COUNTS,
  inFlight: 0,
  total: undefined,
  before: NO_COUNTS,
  thisRun: NO_COUNTS,
  lastRow: 0,
}

export const PACE: RateLimitStatus = {
  concurrency: 10,
  waitingUntil: undefined,
  reason: undefined,
  silence: undefined,
}
