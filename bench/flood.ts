/** Measures how a flood from a stranger's connections slows down everyone's sign-ins. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { makeCertificate } from '../test/support/certificate.ts'
import { callAtRate, percentile, type Timed } from './callers.ts'
import type { Flood } from './flood-thread.ts'
import { residentBytes } from './processes.ts'
import type { Table } from './report.ts'
import { startServer, type MeasuredServer } from './server.ts'

const COST = 10
const CONNECTIONS = [10, 50, 200]
const PER_SECOND = 10
const MEASURE_MS = Number(process.env['FLOOD_MS'] ?? 10_000)
const SAMPLE_MS = 250

/** A built checkout of another version, to measure in the same run. */
const OLD = process.env['BENCH_OLD']

const SERVERS: readonly (readonly [name: string, script: readonly string[] | undefined])[] = [
  ...(OLD === undefined ? [] : [['before', [join(OLD, 'dist/cli.js'), 'serve']] as const]),
  ['this server', undefined],
]

const FLOODS: readonly Pick<Flood, 'kind' | 'isKept'>[] = [
  { kind: 'refused POSTs', isKept: true },
  { kind: 'refused POSTs', isKept: false },
  { kind: '404s', isKept: true },
  { kind: '404s', isKept: false },
  { kind: 'chunks', isKept: false },
]

/** The lag in the server's own histogram, since it was last read. */
const lagMs = async (opsUrl: string): Promise<number> => {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1]) * 1_000
}

const signIns = (server: MeasuredServer): Promise<Timed[]> =>
  callAtRate(PER_SECOND, MEASURE_MS, server.hook, server.signIn)

const answered = (times: readonly Timed[]): Timed[] => times.filter(({ status }) => status === 200)

const startFlood = (flood: Flood) => {
  const worker = new Worker(new URL('flood-thread.ts', import.meta.url), { workerData: flood })
  let made = 0
  worker.on('message', (count: number) => (made = count))
  return { made: () => made, end: () => worker.terminate() }
}

const measure = async (server: MeasuredServer, opsUrl: string, flood: Flood) => {
  const quiet = await signIns(server)
  const attack = startFlood(flood)
  await sleep(1_000)
  await lagMs(opsUrl)
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, residentBytes(server.pid))), SAMPLE_MS)
  const times = await signIns(server)
  clearInterval(timer)
  const [lag, made] = [await lagMs(opsUrl), attack.made()]
  await attack.end()
  return { quiet, times, peak, lag, made }
}

const rowOf = async (
  name: string,
  script: readonly string[] | undefined,
  tls: Readonly<Record<string, string>> | undefined,
  flood: Omit<Flood, 'url'>,
): Promise<string[]> => {
  const env = { NODE_ENV: 'development', HOST: '0.0.0.0', OPS_PORT: '0', ...tls }
  const server = await startServer({ cost: COST, env, ...(script && { script }) })
  const { opsUrl = '' } = server
  const { quiet, times, peak, lag, made } = await measure(server, opsUrl, {
    ...flood,
    url: server.hook,
  })
  await server.stop()
  const medians = [quiet, times].map((all) => percentile(answered(all), 0.5))
  const [before = NaN, during = NaN] = medians
  return [
    name,
    tls ? 'TLS' : 'plain',
    `${flood.connections} × ${flood.kind}, ${flood.isKept ? 'kept' : 'reopened'}`,
    ...medians.map((ms) => ms.toFixed(0)),
    (during / before).toFixed(2),
    String(times.length - answered(times).length),
    lag.toFixed(0),
    (peak / 2 ** 20).toFixed(0),
    String(made),
  ]
}

export const measureFlood = async (): Promise<Table> => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-flood-'))
  const { certFile, keyFile } = makeCertificate(dir, 'localhost')
  const rows: string[][] = []
  for (const tls of [undefined, { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }]) {
    for (const flood of FLOODS) {
      for (const connections of CONNECTIONS) {
        for (const [name, script] of SERVERS) {
          rows.push(await rowOf(name, script, tls, { ...flood, connections }))
          console.log(rows.at(-1)?.join(' | '))
        }
      }
    }
  }
  rmSync(dir, { recursive: true, force: true })
  return {
    title: "A stranger's flood",
    note: `${PER_SECOND} sign-ins per second at cost ${COST}, for ${MEASURE_MS / 1_000} s without the flood and as long with it. The flood is on the same cores, in the process of the callers, and comes from a separate address; its connections send batches of 64 KiB, and are reopened as soon as they end. The lag is the server's own p99.`,
    head: [
      'server',
      'over',
      'flood',
      'p50 ms without',
      'p50 ms with',
      'ratio',
      'unanswered in 3 s',
      'event loop p99 ms',
      'MiB, most',
      'connections made',
    ],
    rows,
  }
}
