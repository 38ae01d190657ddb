/** Measures the storm: more sign-ins than the machine can check, against three servers. */
import { callAtRate, callFor, OKTA_WAITS_MS, percentile, type Timed } from './callers.ts'
import type { Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const COST = 10
const LOADS = [0.5, 1, 2, 4]
const STORM_MS = 30_000
const ROUNDS = 5
const COOL_DOWN_MS = 4_000
const WARM_UP_MS = 2_000
const WARM_UP_STORM_MS = 5_000
const WARM_UP_PER_SECOND = 300

interface Rival {
  readonly name: string
  readonly script: readonly string[]
}

const RIVALS: readonly Rival[] = [
  { name: 'the same, first come first served', script: ['bench/first-come.ts'] },
  { name: 'Express with bcrypt', script: ['bench/rivals/express.mjs'] },
]

const CALLERS = 30
const CAPACITY_MS = 8_000

/** Answers per second of a server while this many callers wait for their answers. */
const capacityOf = async ({ hook, signIn }: MeasuredServer): Promise<number> => {
  const began = performance.now()
  const times = await callFor(CAPACITY_MS, CALLERS, hook, signIn)
  // The last ones are answered after that time.
  const seconds = (performance.now() - began) / 1000
  return times.filter(({ status }) => status === 200).length / seconds
}

const storm = async (
  { hook, signIn }: MeasuredServer,
  perSecond: number,
  ms: number,
): Promise<Timed[]> => {
  const times = await callAtRate(perSecond, ms, hook, signIn)
  await new Promise((resolve) => setTimeout(resolve, COOL_DOWN_MS))
  return times
}

/**
 * Code that runs rarely is compiled late: refusals should be as fast as in a server that has run for days.
 * The other servers refuse nothing, and would still be busy with these calls when their storm starts.
 */
const warmUpRefusals = (server: MeasuredServer): Promise<Timed[]> =>
  storm(server, WARM_UP_PER_SECOND, WARM_UP_STORM_MS)

interface Storm {
  readonly times: readonly Timed[]
  /** When it was over, on the scale of `performance.now()`; the last calls are answered later. */
  readonly end: number
  /** Answers per second of this server. */
  readonly capacity: number
}

const measure = async (server: MeasuredServer, load: number, capacity: number): Promise<Storm> => {
  const end = performance.now() + STORM_MS
  return { times: await storm(server, load * capacity, STORM_MS), end, capacity }
}

const isOnTime = ({ status, ms }: Timed): boolean => status === 200 && ms < OKTA_WAITS_MS
const isRefused = ({ status }: Timed): boolean => status === 503

/** Sign-ins per second that were answered on time. */
const rateOf = ({ times }: Storm): number => times.filter(isOnTime).length / (STORM_MS / 1000)

const shareOf = (one: Storm): number => rateOf(one) / one.capacity

const shareWithin = ({ times, end, capacity }: Storm): number =>
  shareOf({ times: times.filter(({ at }) => at <= end), end, capacity })

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

/** The storm with the median share, and the longest waits of all storms. */
const row = (load: number, name: string, storms: readonly Storm[]): string[] => {
  const ordered = storms.toSorted((a, b) => shareOf(a) - shareOf(b))
  const middle = ordered[Math.floor(ordered.length / 2)]
  if (!middle) throw new TypeError('no storm was measured')
  const shares = [ordered[0], middle, ordered.at(-1)].map((one) => percent(one ? shareOf(one) : 0))
  const all = storms.flatMap(({ times }) => times)
  const refused = all.filter(isRefused)
  const longest = (times: readonly Timed[], share = 1): string =>
    times.length === 0 ? '' : percentile(times, share).toFixed(0)
  return [
    `${load}`,
    name,
    middle.capacity.toFixed(1),
    rateOf(middle).toFixed(1),
    shares[1] ?? '',
    storms.length > 1 ? `${shares[0]} to ${shares[2]}` : '',
    percent(shareWithin(middle)),
    longest(all.filter(isOnTime)),
    String(refused.length),
    longest(refused, 0.99),
    longest(refused),
    String(all.length - all.filter(isOnTime).length - refused.length),
  ]
}

/** Capacity is measured before and after, since it drifts with the machine's other work. */
const ours = async (load: number): Promise<Storm> => {
  const server = await startServer({ cost: COST })
  await callFor(WARM_UP_MS, CALLERS, server.hook, server.signIn)
  await warmUpRefusals(server)
  const before = await capacityOf(server)
  const measured = await measure(server, load, before)
  const capacity = (before + (await capacityOf(server))) / 2
  await server.stop()
  return { ...measured, capacity }
}

const theirs = async (load: number, capacity: number, { script }: Rival): Promise<Storm> => {
  const server = await startServer({ cost: COST, image: { args: script, env: {} } })
  await callFor(WARM_UP_MS, 4, server.hook, server.signIn)
  const measured = await measure(server, load, capacity)
  await server.stop()
  return measured
}

export const measureStorm = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const load of LOADS) {
    const storms: Storm[] = []
    for (let round = 0; round < ROUNDS; round++) storms.push(await ours(load))
    rows.push(row(load, 'this server', storms))
    const capacity = storms.reduce((sum, one) => sum + one.capacity, 0) / ROUNDS
    for (const rival of RIVALS) {
      rows.push(row(load, rival.name, [await theirs(load, capacity, rival)]))
    }
  }
  return {
    title: 'The storm',
    note: `Sign-ins at cost ${COST} arrive at random moments for ${STORM_MS / 1000} s, at multiples of what this server answers per second while ${CALLERS} callers wait for their answers, measured just before and after each storm. For this server there are ${ROUNDS} storms of each load: a row shows the one with the median share, the lowest and the highest share, and the longest waits and the refusals of all; the other servers have one. Callers hang up after 3 s, as Okta does. The last ones are answered when the 30 s are over: "in the 30 s" does not count them. A storm of ${WARM_UP_STORM_MS / 1000} s comes first at this server, so that its code for refusals is compiled.`,
    head: [
      'load',
      'server',
      'capacity/s',
      'on time/s',
      'of capacity',
      'lowest and highest',
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
