/** Measures what a day's worth of Okta's events costs the sign-ins: in CPU time, and as throughput at full load. */
import { randomUUID } from 'node:crypto'
import { EVENTS_PATH } from '../src/hook/events/app.ts'
import { callAtRate, callFor } from './callers.ts'
import type { Call } from './connection.ts'
import { cpuMs } from './processes.ts'
import { median, type Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const COST = 10
const CALLERS = 30
const WARM_UP_MS = 2_000
const ROUNDS = 9
const ROUND_MS = 5_000

/** What Okta sends in a day at most ("Event hooks"). */
const EVENTS_A_DAY = 400_000
const DAY_S = 86_400

const EVENTS_IN_CALL = 100
/** At the average rate of such a day a round would have one call in four. */
const TIMES = 20

/** For the CPU time: a tenth of the day's events, and time in which the last ones are written. */
const BURST_PER_SECOND = 20
const BURST_MS = 20_000
const WRITTEN_MS = 8_000

const SECRET = 'only for events, while measuring, on this machine'

/** About as long as one in Okta's documents. */
const event = (): object => ({
  uuid: randomUUID(),
  published: new Date().toISOString(),
  eventType: 'user.import.password',
  version: '0',
  severity: 'INFO',
  displayMessage: 'Import of the password of a user',
  outcome: { result: 'SUCCESS', reason: null },
  actor: { id: '00u1abcdefghijklmnop', type: 'User', alternateId: 'isaac.brock@example.com' },
  client: { userAgent: { rawUserAgent: 'x'.repeat(120), os: 'Mac OS X' }, zone: 'null' },
  debugContext: { debugData: { requestId: randomUUID(), requestUri: '/idp/idx/identify' } },
  target: [{ id: '00u1abcdefghijklmnop', type: 'User', alternateId: 'isaac.brock@example.com' }],
})

const delivery = (): Call => ({
  method: 'POST',
  headers: { authorization: SECRET, 'content-type': 'application/json' },
  body: JSON.stringify({
    eventType: 'com.okta.event_hook',
    data: { events: Array.from({ length: EVENTS_IN_CALL }, event) },
  }),
})

const sendEvents = async (
  { url }: MeasuredServer,
  perSecond: number,
  ms: number,
): Promise<number> => {
  const times = await callAtRate(perSecond, ms, url + EVENTS_PATH, delivery)
  if (times.some(({ status }) => status !== 204)) throw new Error('events were not taken')
  return times.length * EVENTS_IN_CALL
}

const signIns = async ({ hook, signIn }: MeasuredServer) => {
  const began = performance.now()
  const times = await callFor(ROUND_MS, CALLERS, hook, signIn)
  return times.length / ((performance.now() - began) / 1000)
}

/** CPU seconds of the server in a second of full load, and sign-ins a second. */
const fullLoad = async (server: MeasuredServer) => {
  const [before, began] = [cpuMs(server.pid), performance.now()]
  const perSecond = await signIns(server)
  return { perSecond, cpu: (cpuMs(server.pid) - before) / (performance.now() - began) }
}

const cpuOfEvent = async (server: MeasuredServer): Promise<number> => {
  const before = cpuMs(server.pid)
  const sent = await sendEvents(server, BURST_PER_SECOND, BURST_MS)
  await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS))
  const ms = cpuMs(server.pid) - before
  const metrics = await (await fetch(`${server.opsUrl}/metrics`)).text()
  if (!metrics.includes('events_total{outcome="dropped"} 0')) throw new Error('events were dropped')
  return ms / sent
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

export const measureEvents = async (): Promise<Table> => {
  const env = { EVENT_HOOK_SECRET: SECRET, OPS_PORT: '0' }
  const server = await startServer({ cost: COST, env })
  await callFor(WARM_UP_MS, CALLERS, server.hook, server.signIn)
  await sendEvents(server, BURST_PER_SECOND, WARM_UP_MS)
  const loads: { readonly perSecond: number; readonly cpu: number }[] = []
  const losses: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const quiet = await fullLoad(server)
    const rate = (TIMES * EVENTS_A_DAY) / DAY_S / EVENTS_IN_CALL
    const [busy] = await Promise.all([signIns(server), sendEvents(server, rate, ROUND_MS)])
    loads.push(quiet)
    losses.push(1 - busy / quiet.perSecond)
  }
  const eventMs = await cpuOfEvent(server)
  await server.stop()
  const cpu = median(loads.map((load) => load.cpu))
  const sorted = losses.toSorted((a, b) => a - b)
  return {
    title: "A day's worth of events",
    note: `${EVENTS_A_DAY.toLocaleString('en')} events, ${EVENTS_IN_CALL} in a call, beside sign-ins at cost ${COST} by ${CALLERS} callers. Of capacity: the CPU time of the events of a day, of all threads of the server, as a share of the CPU time that it has for sign-ins in a day at full load. Lost: throughput at full load while events come ${TIMES} times as fast as on such a day, in ${ROUNDS} pairs of rounds of ${ROUND_MS / 1000} s, which includes the cost of making the events on the same cores; the median and the range.`,
    head: ['CPU ms an event', 'CPU s a day', 'of capacity', `lost at ${TIMES} times`, 'range'],
    rows: [
      [
        eventMs.toFixed(3),
        ((eventMs * EVENTS_A_DAY) / 1000).toFixed(0),
        percent((eventMs * EVENTS_A_DAY) / 1000 / (cpu * DAY_S)),
        percent(median(losses)),
        `${percent(sorted[0] ?? NaN)} to ${percent(sorted.at(-1) ?? NaN)}`,
      ],
    ],
  }
}
