/** Serves the metrics, the probes and the page about the campaign on the ops port. */
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { CALL_ERRORS } from '../../errors/call-errors.ts'
import { describeUnforeseen } from '../../errors/errors.ts'
import { decide, REASONS } from '../../hook/decision.ts'
import { createHealthApp } from '../../ops/probes.ts'
import { listen, type Listener } from '../../ops/listen.ts'
import { createCountsReader } from '../../ledger/counts.ts'
import { createMetrics } from '../../ops/metrics.ts'
import { createMetricsApp, type CollectorDeps } from '../../ops/collectors.ts'
import { createPageApp } from '../../page/app.ts'
import type { ServerSettings } from './settings.ts'
import { legacyLimitOf } from './open-legacy.ts'

const DECISIONS = REASONS.map((reason) => {
  const { credential } = decide({ hash: undefined, denyReason: reason }, 'mismatch')
  return { outcome: credential, reason }
})

const FAILURES = Object.keys(CALL_ERRORS).map((reason) => ({ outcome: 'FAILED', reason }))

/** @returns undefined where the server keeps no ledger */
const countsReader = ({ ledger, orgUrl }: ServerSettings, clock: Clock) => {
  if (!ledger) return undefined
  const { url, ca } = ledger
  const org = orgUrl === undefined ? undefined : new URL(orgUrl).host
  return createCountsReader({ target: { url, ca }, org }, clock)
}

export const createOps = (
  ops: NonNullable<ServerSettings['ops']>,
  settings: ServerSettings,
  log: Logger,
  clock: Clock,
) => {
  const { deadlineMs } = settings
  const outcomes = [...DECISIONS, ...FAILURES]
  const lookupLimitMs = legacyLimitOf(settings)
  const { registry, countCall, countEvents } = createMetrics({
    deadlineMs,
    lookupLimitMs,
    outcomes,
  })

  /** @throws AppError `listen_failed` */
  const open = async (deps: CollectorDeps): Promise<Listener> => {
    const app = new Hono()
    app.route('/', createHealthApp(deps.health)).route('/', createMetricsApp(registry, deps))
    const readCounts = countsReader(settings, clock)
    app.route('/', createPageApp({ clock, access: ops, readCounts }))
    app.onError((err, c) => {
      log.error({ cause: describeUnforeseen(err) }, 'the ops port could not answer a request')
      return c.text('failed\n', 500)
    })
    const onRenewal = (): void => undefined
    const listener = await listen({ ...ops, fetch: app.fetch, tls: undefined, clock, onRenewal })
    log.info({ opsUrl: listener.url }, 'serving metrics and probes')
    return listener
  }
  return { onAnswered: countCall, onEvents: countEvents, open }
}
