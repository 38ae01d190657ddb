/** Owns the storm: more sign-ins than the machine can check, against three servers. */
import { callAtRate, callFor, OKTA_WAITS_MS, percentile, type Timed } from './callers.ts'
import type { Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const COST = 10
const LOADS = [0.5, 1, 2, 4]
const STORM_MS = 30_000
const SETTLE_MS = 4_000
const WARM_UP_MS = 2_000
const WARM_UP_STORM_MS = 5_000
const WARM_UP_PER_SECOND = 300

interface Rival {
  readonly name: string
  readonly script: readonly string[]
}

const RIVALS: readonly Rival[] = [
  { name: 'the same, first come first served', script: ['build/bench/first-come.js'] },
  { name: 'Express with bcrypt', script: ['bench/rivals/express.mjs'] },
]

const CALLERS = 30
const CAPACITY_MS = 8_000

/** What a server answers in a second when so many callers wait for their answers. */
const capacityOf = async ({ hook, signIn }: MeasuredServer): Promise<number> => {
  const times = await callFor(CAPACITY_MS, CALLERS, hook, signIn)
  return times.filter(({ status }) => status === 200).length / (CAPACITY_MS / 1000)
}

const storm = async (
  { hook, signIn }: MeasuredServer,
  perSecond: number,
  ms: number,
): Promise<Timed[]> => {
  const times = await callAtRate(perSecond, ms, hook, signIn)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return times
}

/**
 * What a server does seldom is compiled late: refusals are to be what they are in one that runs for days.
 * The others refuse nothing, and would still be at what this leaves when their storm begins.
 */
const warmUpRefusals = (server: MeasuredServer): Promise<Timed[]> =>
  storm(server, WARM_UP_PER_SECOND, WARM_UP_STORM_MS)

interface Storm {
  readonly times: readonly Timed[]
  /** When it was over, on the scale of `performance.now()`; those who came last are answered later. */
  readonly end: number
}

const measure = async (server: MeasuredServer, perSecond: number): Promise<Storm> => {
  const end = performance.now() + STORM_MS
  return { times: await storm(server, perSecond, STORM_MS), end }
}

const row = (load: number, name: string, { times, end }: Storm, capacity: number): string[] => {
  const onTime = times.filter(({ status, ms }) => status === 200 && ms < OKTA_WAITS_MS)
  const refused = times.filter(({ status }) => status === 503)
  const rate = onTime.length / (STORM_MS / 1000)
  const within = onTime.filter(({ at }) => at <= end).length / (STORM_MS / 1000)
  const share = (perSecond: number): string => `${((perSecond / capacity) * 100).toFixed(0)} %`
  return [
    `${load}`,
    name,
    capacity.toFixed(1),
    rate.toFixed(1),
    share(rate),
    share(within),
    onTime.length === 0 ? '' : percentile(onTime, 1).toFixed(0),
    String(refused.length),
    ...[0.99, 1].map((share) =>
      refused.length === 0 ? '' : percentile(refused, share).toFixed(0),
    ),
    String(times.length - onTime.length - refused.length),
  ]
}

/** Before and after its storm, since a machine's capacity drifts with whatever else it does. */
const ours = async (load: number): Promise<{ capacity: number; row: string[] }> => {
  const server = await startServer({ cost: COST })
  await callFor(WARM_UP_MS, CALLERS, server.hook, server.signIn)
  await warmUpRefusals(server)
  const before = await capacityOf(server)
  const measured = await measure(server, load * before)
  const capacity = (before + (await capacityOf(server))) / 2
  await server.stop()
  return { capacity, row: row(load, 'this server', measured, capacity) }
}

const theirs = async (load: number, capacity: number, { name, script }: Rival) => {
  const server = await startServer({ cost: COST, script })
  await callFor(WARM_UP_MS, 4, server.hook, server.signIn)
  const measured = await measure(server, load * capacity)
  await server.stop()
  return row(load, name, measured, capacity)
}

export const measureStorm = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const load of LOADS) {
    const { capacity, row } = await ours(load)
    rows.push(row)
    for (const rival of RIVALS) rows.push(await theirs(load, capacity, rival))
  }
  return {
    title: 'The storm',
    note: `Sign-ins at cost ${COST} arrive at random moments for ${STORM_MS / 1000} s, at multiples of what this server answers in a second while ${CALLERS} callers wait for their answers, measured just before and after each storm. Callers hang up after 3 s, as Okta does. Those who came last are answered when the 30 s are over: the second share is without them. A storm of ${WARM_UP_STORM_MS / 1000} s went before at this server, which compiles its refusals then.`,
    head: [
      'load',
      'server',
      'capacity/s',
      'on time/s',
      'of capacity',
      'in the 30 s',
      'latest ms',
      'refused',
      'refusal p99 ms',
      'slowest refusal ms',
      'unanswered in 3 s',
    ],
    rows,
  }
}
