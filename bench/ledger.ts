/** Measures how much the ledger adds to the cost of a sign-in, in alternating rounds so that noise cancels out. */
import { CORES, createEngine } from '../src/passwords/engine.ts'
import {
  missingPrograms,
  startPrivateDatabase,
  type PrivateDatabase,
} from '../test/support/private-databases.ts'
import { callAtRate, callFor, percentile, type Timed } from './callers.ts'
import { cpuMs } from './processes.ts'
import { median, type Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const COST = 10
const CALLERS = 30
const ROUNDS = 15
const ROUND_MS = 2_000
const WARM_UP_MS = 2_000

/** At this cost a hash takes almost no time, so that the rest of a sign-in becomes visible. */
const LOW_COST = 4
const LOW_ROUNDS = 4
const LOW_ROUND_MS = 5_000

interface Round {
  readonly perSecond: number
  /** Milliseconds of CPU time for a sign-in, of the server and of its ledger's database. */
  readonly cpu: number
  readonly times: readonly Timed[]
}

interface Contender {
  readonly name: string
  readonly server: MeasuredServer
  /** The process of its ledger's database, where it has one. */
  readonly database: number | undefined
  readonly rounds: Round[]
}

type Load = (server: MeasuredServer) => Promise<Timed[]>

const playRound = async ({ server, database }: Contender, load: Load): Promise<Round> => {
  const readCpu = (): number => cpuMs(server.pid) + (database === undefined ? 0 : cpuMs(database))
  const before = readCpu()
  const began = performance.now()
  const times = await load(server)
  const seconds = (performance.now() - began) / 1000
  if (times.some(({ status }) => status !== 200)) throw new Error('a sign-in was not answered')
  return {
    perSecond: times.length / seconds,
    cpu: (readCpu() - before) / times.length,
    times,
  }
}

/** The first one has no ledger. */
const play = async (
  cost: number,
  postgres: PrivateDatabase | undefined,
  rounds: number,
  load: Load,
): Promise<[Contender, ...Contender[]]> => {
  const start = async (name: string, ledger?: string, database?: number): Promise<Contender> => ({
    name,
    server: await startServer({ cost, ...(ledger !== undefined && { ledger }) }),
    database,
    rounds: [],
  })
  const contenders: [Contender, ...Contender[]] = [
    await start('none', 'off'),
    await start('SQLite'),
  ]
  if (postgres) {
    contenders.push(await start('PostgreSQL, same machine', postgres.url, postgres.pid()))
  }
  for (const { server } of contenders) await callFor(WARM_UP_MS, 10, server.hook, server.signIn)
  for (let i = 0; i < rounds; i++) {
    for (const contender of contenders) contender.rounds.push(await playRound(contender, load))
  }
  for (const { server } of contenders) await server.stop()
  return contenders
}

const cpuOf = ({ rounds }: Contender): number => median(rounds.map(({ cpu }) => cpu))
const rateOf = ({ rounds }: Contender): number => median(rounds.map((round) => round.perSecond))
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The loss of each round compared with the round without a ledger just before it. */
const lossOf = ({ rounds }: Contender, base: Contender): string[] => {
  const losses = rounds
    .map(({ perSecond }, i) => 1 - perSecond / (base.rounds[i]?.perSecond ?? NaN))
    .sort((a, b) => a - b)
  const quarter = Math.floor(losses.length / 4)
  const [low = NaN, high = NaN] = [losses[quarter], losses.at(-1 - quarter)]
  return [percent(median(losses)), `${percent(low)} to ${percent(high)}`]
}

export const measureLedger = async (): Promise<readonly Table[]> => {
  const missing = missingPrograms('postgres')
  const postgres = missing === undefined ? await startPrivateDatabase('postgres') : undefined
  const full = await play(COST, postgres, ROUNDS, ({ hook, signIn }) =>
    callFor(ROUND_MS, CALLERS, hook, signIn),
  )
  const rate = rateOf(full[0])
  // At full load a thread checks this many at once, and they end at the same moment.
  const together = createEngine(CORES).cores[0]?.lanes ?? 1
  const low = await play(LOW_COST, postgres, LOW_ROUNDS, ({ hook, signIn }) =>
    callAtRate(rate, LOW_ROUND_MS, hook, signIn, together),
  )
  await postgres?.remove()
  const without = missing === undefined ? '' : ` PostgreSQL was not measured: ${missing}.`
  const added = (contender: Contender): number => cpuOf(contender) - cpuOf(low[0])
  return [
    {
      title: 'What the ledger adds to a sign-in',
      note: `CPU time for a sign-in, of all threads of the server and all processes of PostgreSQL: ${rate.toFixed(0)} sign-ins per second at cost ${LOW_COST}, where the hash hides nothing, ${together} at a time as checks end at full load; medians of ${LOW_ROUNDS} rounds. At cost ${COST} and full load a sign-in takes ${cpuOf(full[0]).toFixed(1)} ms of CPU time, and what the ledger adds to it is lost in throughput. Each answer waits until its decision is on the disk.${without}`,
      head: ['ledger', 'CPU ms', 'added', `of cost ${COST}`, 'p50 ms', 'p99 ms'],
      rows: low.map((contender) => {
        const times = contender.rounds.flatMap((round) => round.times)
        return [
          contender.name,
          cpuOf(contender).toFixed(2),
          added(contender).toFixed(2),
          percent(added(contender) / cpuOf(full[0])),
          percentile(times, 0.5).toFixed(1),
          percentile(times, 0.99).toFixed(1),
        ]
      }),
    },
    {
      title: 'The same as throughput',
      note: `${CALLERS} callers at cost ${COST}, ${ROUNDS} rounds of ${ROUND_MS / 1000} s for each ledger in turn; medians, and the range of the middle half of the rounds, since the machine's own speed varies more than the measured difference.`,
      head: ['ledger', 'sign-ins/s', 'lost', 'middle half of the rounds'],
      rows: full.map((contender) => [
        contender.name,
        rateOf(contender).toFixed(1),
        ...lossOf(contender, full[0]),
      ]),
    },
  ]
}
