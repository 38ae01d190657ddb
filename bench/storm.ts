/** Owns the storm: more sign-ins than the machine can check, against three servers. */
import { callAtRate, callFor, OKTA_WAITS_MS, percentile } from './callers.ts'
import type { Table } from './report.ts'
import { startServer } from './server.ts'

const COST = 10
const LOADS = [0.5, 1, 2, 4]
const STORM_MS = 30_000
const SETTLE_MS = 4_000

const SERVERS: readonly { name: string; script: readonly string[] }[] = [
  { name: 'this server', script: ['dist/cli.js', 'serve'] },
  { name: 'the same, first come first served', script: ['build/bench/first-come.js'] },
  { name: 'Express with bcrypt', script: ['bench/rivals/express.mjs'] },
]

/** What this server does when everybody waits for their answer: the capacity that loads are multiples of. */
const measureCapacity = async (): Promise<number> => {
  const server = await startServer({ cost: COST })
  await callFor(3_000, 10, server.hook, server.signIn)
  const times = await callFor(10_000, 30, server.hook, server.signIn)
  await server.stop()
  return times.filter(({ status }) => status === 200).length / 10
}

const row = async (name: string, script: readonly string[], load: number, capacity: number) => {
  const server = await startServer({ cost: COST, script })
  await callFor(2_000, 4, server.hook, server.signIn)
  const times = await callAtRate(load * capacity, STORM_MS, server.hook, server.signIn)
  const onTime = times.filter(({ status, ms }) => status === 200 && ms < OKTA_WAITS_MS)
  const refused = times.filter(({ status }) => status === 503)
  const rate = onTime.length / (STORM_MS / 1000)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  await server.stop()
  return [
    `${load}`,
    name,
    rate.toFixed(1),
    `${((rate / capacity) * 100).toFixed(0)} %`,
    onTime.length === 0 ? '' : percentile(onTime, 1).toFixed(0),
    String(refused.length),
    refused.length === 0 ? '' : percentile(refused, 0.99).toFixed(0),
    refused.length === 0 ? '' : percentile(refused, 1).toFixed(0),
    String(times.length - onTime.length - refused.length),
  ]
}

export const measureStorm = async (): Promise<Table> => {
  const capacity = await measureCapacity()
  const rows: string[][] = []
  for (const load of LOADS) {
    for (const { name, script } of SERVERS) rows.push(await row(name, script, load, capacity))
  }
  return {
    title: 'The storm',
    note: `Sign-ins at cost ${COST} arrive at random moments for ${STORM_MS / 1000} s, at multiples of ${capacity.toFixed(1)} a second, which is what this server answers when 30 callers wait for their answers. Callers hang up after 3 s, as Okta does.`,
    head: [
      'load',
      'server',
      'on time/s',
      'of capacity',
      'latest ms',
      'refused',
      'refusal p99 ms',
      'slowest refusal ms',
      'unanswered in 3 s',
    ],
    rows,
  }
}
