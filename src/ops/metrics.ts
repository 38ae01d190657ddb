/** Owns what is counted of each call, once it is answered. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

export const PREFIX = 'okta_migrate_'

export const MS_PER_SECOND = 1_000

/**
 * Of an answered call, what is counted. Labels take their values from our own code: what a caller can
 * choose, such as a login or an id, would let callers make series without end.
 */
export interface CountedCall {
  readonly outcome?: string | undefined
  readonly reason?: string | undefined
  /** Set where the call shared the answer of another one. */
  readonly repeat?: string
  /** Set where the call carried a secret that is to be used no more. */
  readonly secret?: string
  /** Set where there was a lookup, be it one that failed. */
  readonly lookupMs?: number
  readonly waitMs?: number
  readonly runMs?: number
  readonly lanes?: number
  readonly totalMs: number
}

export interface MetricsOptions {
  /** Milliseconds from a call's arrival to its answer. */
  readonly deadlineMs: number
  /** Milliseconds that a lookup may take. */
  readonly lookupLimitMs: number
  /** Every end that a call can have: the first of a kind shows as a rise only if it was 0 before. */
  readonly ends: readonly { readonly outcome: string; readonly reason: string }[]
}

export interface Metrics {
  readonly registry: Registry
  readonly countCall: (call: CountedCall) => void
}

/**
 * Seconds. bcrypt at costs of 10 to 14 takes from a twentieth of a second to two, and Okta waits for
 * three in all; our own deadline is put between them.
 */
const SCALE = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2, 3]

/** Seconds. From a lookup in a file at hand to one across a network that has to wait for a connection. */
const LOOKUP_SCALE = [
  0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1,
]

const scaleWith = (scale: readonly number[], limitMs: number): number[] =>
  [...new Set([...scale, limitMs / MS_PER_SECOND])].sort((a, b) => a - b)

const createCounters = (registry: Registry) => {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] })
  return {
    calls: counter('calls_total', 'Calls answered, by outcome and reason', ['outcome', 'reason']),
    repeats: counter('repeated_calls_total', 'Calls that shared the answer of another', ['repeat']),
    secrets: counter('outgoing_secret_calls_total', 'Calls with a secret to be used no more', [
      'secret',
    ]),
  }
}

const createHistograms = (registry: Registry, { deadlineMs, lookupLimitMs }: MetricsOptions) => {
  const histogram =
    (buckets: number[]) =>
    <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [registry] })
  const ofCalls = histogram(scaleWith(SCALE, deadlineMs))
  const ofLookups = histogram(scaleWith(LOOKUP_SCALE, lookupLimitMs))
  return {
    total: ofCalls('call_duration_seconds', 'From the arrival of a call to its answer', [
      'outcome',
    ]),
    lookup: ofLookups('lookup_duration_seconds', 'What a lookup took, or its failure', []),
    wait: ofCalls('check_wait_seconds', 'From the admission of a check to its begin', []),
    run: ofCalls('check_run_seconds', 'What a check took, with those computed beside it', [
      'lanes',
    ]),
  }
}

export const createMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { calls, repeats, secrets } = createCounters(registry)
  const { total, lookup, wait, run } = createHistograms(registry, options)
  for (const { outcome, reason } of options.ends) calls.inc({ outcome, reason }, 0)

  const countCall: Metrics['countCall'] = (call) => {
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
  return { registry, countCall }
}
