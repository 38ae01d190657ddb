/** Counts each call once it is answered. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { CallObserver, EventCounts } from '../call-record.ts'

export const PREFIX = 'okta_migrate_'

export const MS_PER_SECOND = 1_000

export interface MetricsOptions {
  /** Milliseconds from a call's arrival to its answer. */
  readonly deadlineMs: number
  /** Milliseconds that a lookup may take. */
  readonly lookupLimitMs: number
  /** Every outcome that a call can have: the first one of a kind shows as an increase only if it was 0 before. */
  readonly outcomes: readonly { readonly outcome: string; readonly reason: string }[]
}

interface Metrics {
  readonly registry: Registry
  readonly countCall: CallObserver
  readonly countEvents: (counts: EventCounts) => void
}

/**
 * Seconds. bcrypt at costs of 10 to 14 takes from a twentieth of a second to two seconds, and Okta waits for
 * three in total; our own deadline is added.
 */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2, 3]

/** Seconds. From a lookup in a local file to one across a network that has to wait for a connection. */
const LOOKUP_BUCKETS = [
  0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1,
]

const bucketsWith = (buckets: readonly number[], limitMs: number): number[] =>
  [...new Set([...buckets, limitMs / MS_PER_SECOND])].sort((a, b) => a - b)

const createCounters = (registry: Registry) => {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] })
  return {
    calls: counter('calls_total', 'Calls answered, by outcome and reason', ['outcome', 'reason']),
    repeats: counter('repeated_calls_total', 'Calls that shared the answer of another', ['repeat']),
    secrets: counter('deprecated_secret_calls_total', 'Calls that used a deprecated secret', [
      'secret',
    ]),
    events: counter('events_total', "Events of Okta's event hook, by outcome", ['outcome']),
  }
}

const createHistograms = (registry: Registry, { deadlineMs, lookupLimitMs }: MetricsOptions) => {
  const histogram =
    (buckets: number[]) =>
    <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [registry] })
  const ofCalls = histogram(bucketsWith(BUCKETS, deadlineMs))
  const ofLookups = histogram(bucketsWith(LOOKUP_BUCKETS, lookupLimitMs))
  return {
    total: ofCalls('call_duration_seconds', 'Time from arrival to answer', ['outcome']),
    lookup: ofLookups('lookup_duration_seconds', 'Time that a lookup took, even a failed one', []),
    wait: ofCalls('check_wait_seconds', 'Time that a check waited in the queue', []),
    run: ofCalls('check_run_seconds', 'Time that a check took, with its batch', ['lanes']),
  }
}

export const createMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { calls, repeats, secrets, events } = createCounters(registry)
  const { total, lookup, wait, run } = createHistograms(registry, options)
  for (const { outcome, reason } of options.outcomes) calls.inc({ outcome, reason }, 0)

  const countCall: CallObserver = (call) => {
    const { outcome = '', reason = '', repeat, secret, lookupMs, waitMs, runMs, lanes } = call
    calls.inc({ outcome, reason })
    total.observe({ outcome }, call.totalMs / MS_PER_SECOND)
    if (repeat !== undefined) repeats.inc({ repeat })
    if (secret !== undefined) secrets.inc({ secret })
    if (lookupMs !== undefined) lookup.observe(lookupMs / MS_PER_SECOND)
    if (waitMs === undefined || runMs === undefined || lanes === undefined) return
    wait.observe(waitMs / MS_PER_SECOND)
    run.observe({ lanes }, runMs / MS_PER_SECOND)
  }
  const countEvents = (counts: EventCounts): void => {
    for (const [outcome, count] of Object.entries(counts)) events.inc({ outcome }, count)
  }
  countEvents({ kept: 0, ignored: 0, repeated: 0, dropped: 0 })
  return { registry, countCall, countEvents }
}
