/** Compares bcrypt implementations: one check alone, and every core busy. */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { CONTENDERS, hashOf, type Contender } from './contenders.ts'
import { median, type Table } from './report.ts'

const COSTS = [4, 8, 10, 12]
const ROUNDS = 5
const BUSY_MS = 1_000
const ALONE_MS = 500
const CORES = availableParallelism()

/** Checks per second of `callers` loops over one function in this thread. */
const rateHere = async (
  check: () => Promise<void> | void,
  callers: number,
  ms: number,
): Promise<number> => {
  const began = performance.now()
  let done = 0
  const loop = async (): Promise<void> => {
    while (performance.now() - began < ms) {
      await check()
      done++
    }
  }
  await Promise.all(Array.from({ length: callers }, loop))
  return (done / (performance.now() - began)) * 1000
}

interface Bench {
  /** Checks per second with this many at once. */
  rate(parallel: number, ms: number): Promise<number>
  end(): Promise<unknown>
}

const inThreads = async (contender: Contender, hash: string): Promise<Bench> => {
  const workerData = { name: contender.name, hash }
  const url = new URL('engine-thread.ts', import.meta.url)
  const threads = Array.from({ length: CORES }, () => new Worker(url, { workerData }))
  await Promise.all(threads.map((thread) => once(thread, 'message')))
  const rateOf = async (thread: Worker, ms: number): Promise<number> => {
    thread.postMessage(ms)
    return ((await once(thread, 'message')) as [number])[0]
  }
  return {
    rate: async (parallel, ms) => {
      const rates = await Promise.all(threads.slice(0, parallel).map((t) => rateOf(t, ms)))
      return rates.reduce((sum, rate) => sum + rate, 0)
    },
    end: () => Promise.all(threads.map((thread) => thread.terminate())),
  }
}

const inProcess = (contender: Contender, hash: string): Bench => {
  const check = contender.prepare(hash)
  const callers = (parallel: number): number =>
    contender.runs === 'main' || parallel === 1 ? 1 : parallel * 4
  return {
    rate: (parallel, ms) => rateHere(check, callers(parallel), ms),
    end: () => Promise.resolve(),
  }
}

interface Measured {
  readonly contender: Contender
  readonly aloneMs: number[]
  readonly busyRate: number[]
}

/** Contenders take turns within each round, so that a slow phase of the machine affects all of them. */
const measure = async (cost: number): Promise<Measured[]> => {
  const hash = hashOf(cost)
  const results = CONTENDERS.map((contender): Measured => ({
    contender,
    aloneMs: [],
    busyRate: [],
  }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const { contender, aloneMs, busyRate } of results) {
      const bench =
        contender.runs === 'threads' ? await inThreads(contender, hash) : inProcess(contender, hash)
      aloneMs.push((1000 / (await bench.rate(1, ALONE_MS))) * contender.batch)
      busyRate.push(await bench.rate(CORES, BUSY_MS))
      await bench.end()
    }
  }
  return results
}

/** Checks per second at cost 10 of our engine alone, with as many lanes as it uses, on every core. */
export const measureEngineRate = async (): Promise<number> => {
  const contender = CONTENDERS.at(-1)
  if (!contender) throw new TypeError('no contender')
  const bench = await inThreads(contender, hashOf(10))
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) rates.push(await bench.rate(CORES, BUSY_MS))
  await bench.end()
  return median(rates)
}

const NATIVE = ['bcrypt', '@node-rs/bcrypt']

const byName = (results: readonly Measured[], name: string): Measured => {
  const found = results.find(({ contender }) => contender.name === name)
  if (!found) throw new TypeError(`no contender ${name}`)
  return found
}

const busy = (one: Measured): number => median(one.busyRate)
const alone = (one: Measured): number => median(one.aloneMs)

/** Two digits after the point where a check takes a few milliseconds. */
const ms = (value: number): string => value.toFixed(value < 20 ? 2 : 1)

/** The median of the rounds' ratios: a slow phase of the machine is likely to affect both within a round. */
const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
  median(ours.map((value, round) => value / (theirs[round] ?? NaN))).toFixed(2)

const ratios = (cost: number, results: readonly Measured[]): string[] => {
  const natives = NATIVE.map((name) => byName(results, name))
  const [best] = results.filter((r) => r.contender.batch > 1).sort((a, b) => busy(b) - busy(a))
  const [native] = natives.toSorted((a, b) => busy(b) - busy(a))
  const [quickest] = natives.toSorted((a, b) => alone(a) - alone(b))
  if (!best || !native || !quickest) throw new TypeError('nothing to compare')
  return [
    String(cost),
    best.contender.name,
    ratio(best.busyRate, native.busyRate),
    ratio(best.busyRate, byName(results, 'bcryptjs, threads').busyRate),
    ratio(byName(results, 'ours, 1 lane').aloneMs, quickest.aloneMs),
  ]
}

export const compareEngines = async (): Promise<Table[]> => {
  const all: [number, Measured[]][] = []
  for (const cost of COSTS) all.push([cost, await measure(cost)])
  const rows = CONTENDERS.map(({ name }) => [
    name,
    ...all.map(([, results]) => ms(alone(byName(results, name)))),
    ...all.map(([, results]) => busy(byName(results, name)).toFixed(1)),
  ])
  return [
    {
      title: 'Engines',
      head: [
        'implementation',
        ...COSTS.map((cost) => `ms a call alone, cost ${cost}`),
        ...COSTS.map((cost) => `checks/s, ${CORES} cores, cost ${cost}`),
      ],
      rows,
    },
    {
      title: 'Our engine next to them',
      head: [
        'cost',
        'best lanes',
        'checks/s, best lanes to best native',
        'checks/s, best lanes to bcryptjs in threads',
        'ms alone, 1 lane to best native',
      ],
      rows: all.map(([cost, results]) => ratios(cost, results)),
    },
  ]
}
