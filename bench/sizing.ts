/** Measures what the sizing of a first day says: two loads are run, and more threads must be that much faster. */
import { callAtRate, callFor, OKTA_WAITS_MS, percentile, type Timed } from './callers.ts'
import { cpuMs } from './processes.ts'
import { median, type Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const ATTEMPTS_EACH = 1.3
const BUSIEST_HOUR = 0.2
const BURST = 3

/** People on the first day; the loads of the first two are run. */
const PEOPLE = [6_000, 60_000, 600_000, 2_500_000]
const COSTS = [10, 12]
const THREADS = [1, 2]

const LOAD_MS = Number(process.env['SIZING_MS'] ?? 60_000)
const CAPACITY_MS = LOAD_MS / 6
const ROUNDS = 3
const WARM_UP_MS = 3_000
const CALLERS = 30

const attemptsOf = (people: number): number => people * ATTEMPTS_EACH * BUSIEST_HOUR
const perSecondOf = (people: number): number => (BURST * attemptsOf(people)) / 3_600

const start = async (cost: number, threads: number): Promise<MeasuredServer> => {
  const server = await startServer({ cost, env: { HASH_WORKERS: String(threads) } })
  await callFor(WARM_UP_MS, CALLERS, server.hook, server.signIn)
  return server
}

const isOnTime = ({ status, ms }: Timed): boolean => status === 200 && ms < OKTA_WAITS_MS

interface Capacity {
  readonly perSecond: number
  /** Of the server's processor time, for one check. */
  readonly cpuMs: number
}

const capacityOf = async ({ hook, signIn, pid }: MeasuredServer): Promise<Capacity> => {
  const [began, cpu] = [performance.now(), cpuMs(pid)]
  const answered = (await callFor(CAPACITY_MS, CALLERS, hook, signIn)).filter(isOnTime).length
  const seconds = (performance.now() - began) / 1000
  return { perSecond: answered / seconds, cpuMs: (cpuMs(pid) - cpu) / answered }
}

/** In turns, so that what else the machine does meets each of them. */
const measureCapacities = async (cost: number): Promise<Capacity[]> => {
  const rounds: Capacity[][] = THREADS.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, threads] of THREADS.entries()) {
      const server = await start(cost, threads)
      rounds[at]?.push(await capacityOf(server))
      await server.stop()
    }
  }
  return rounds.map((all) => ({
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    cpuMs: median(all.map((each) => each.cpuMs)),
  }))
}

const linearity = (cost: number, [one, two]: readonly Capacity[]): string[] => [
  String(cost),
  ...[one, two].map((each) => each?.perSecond.toFixed(1) ?? ''),
  ((two?.perSecond ?? NaN) / (one?.perSecond ?? NaN)).toFixed(2),
  ...[one, two].map((each) => each?.cpuMs.toFixed(1) ?? ''),
]

const load = async (people: number, cost: number, threads: number): Promise<string[]> => {
  const server = await start(cost, threads)
  const cpu = cpuMs(server.pid)
  const times = await callAtRate(perSecondOf(people), LOAD_MS, server.hook, server.signIn)
  const cores = (cpuMs(server.pid) - cpu) / LOAD_MS
  await server.stop()
  const onTime = times.filter(isOnTime)
  const refused = times.filter(({ status }) => status === 503).length
  return [
    people.toLocaleString('en-US'),
    perSecondOf(people).toFixed(1),
    String(cost),
    String(threads),
    String(times.length),
    `${((100 * onTime.length) / times.length).toFixed(1)} %`,
    String(refused),
    onTime.length === 0 ? '' : percentile(onTime, 0.5).toFixed(0),
    onTime.length === 0 ? '' : percentile(onTime, 0.99).toFixed(0),
    cores.toFixed(2),
  ]
}

/** One thread's rate, and no more threads than it takes. */
const sizes = (capacities: ReadonlyMap<number, readonly Capacity[]>): string[][] =>
  PEOPLE.map((people, at) => [
    people.toLocaleString('en-US'),
    Math.round(attemptsOf(people)).toLocaleString('en-US'),
    perSecondOf(people).toFixed(1),
    ...COSTS.map((cost) => {
      const perSecond = capacities.get(cost)?.[0]?.perSecond ?? NaN
      return String(Math.max(1, Math.ceil(perSecondOf(people) / perSecond)))
    }),
    at < 2 ? 'run below' : 'computed',
  ])

export const measureSizing = async (): Promise<readonly Table[]> => {
  const capacities = new Map<number, readonly Capacity[]>()
  for (const cost of COSTS) capacities.set(cost, await measureCapacities(cost))
  const loads: string[][] = []
  for (const people of PEOPLE.slice(0, 2)) {
    for (const cost of COSTS) {
      for (const threads of THREADS) loads.push(await load(people, cost, threads))
    }
  }
  return [
    {
      title: 'Cores for a first day',
      note: `Each person tries ${ATTEMPTS_EACH} times, a fifth of the day's attempts come in its busiest hour, and bursts are ${BURST} times its average. The cores are that rate, divided by the rate of one thread below, and rounded up. Add one replica, so that a restart is no outage.`,
      head: [
        'people',
        'attempts in the hour',
        'a second, x3',
        ...COSTS.map((cost) => `cores at cost ${cost}`),
        '',
      ],
      rows: sizes(capacities),
    },
    {
      title: 'One thread and two',
      note: `Sign-ins a second while ${CALLERS} callers wait for their answers, over HTTP, callers on the same cores: medians of ${ROUNDS} rounds in turns. If the processor time of a check is the same, two threads do twice as much on two free cores.`,
      head: ['cost', '1 thread', '2 threads', 'ratio', 'CPU ms a check, 1', 'CPU ms a check, 2'],
      rows: COSTS.map((cost) => linearity(cost, capacities.get(cost) ?? [])),
    },
    {
      title: 'The first two loads, run',
      note: `Sign-ins at random moments for ${LOAD_MS / 1000} s, at the rate of the bursts. Callers hang up after 3 s, as Okta does.`,
      head: [
        'people',
        'a second',
        'cost',
        'threads',
        'sign-ins',
        'on time',
        'refused',
        'median ms',
        'p99 ms',
        'cores used',
      ],
      rows: loads,
    },
  ]
}
