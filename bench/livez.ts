/** Measures what load must not slow down: /livez while every thread checks. */
import { availableParallelism } from 'node:os'
import { callFor, percentile, type Timed } from './callers.ts'
import type { Table } from './report.ts'
import { startServer } from './server.ts'

const COST = 10
const SECONDS = 10

const rowOf = (name: string, times: readonly Timed[]): string[] => [
  name,
  String(times.length),
  ...[0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(1)),
]

export const measureLivez = async (): Promise<Table> => {
  const server = await startServer({ cost: COST })
  const probe = (ms: number): Promise<Timed[]> => callFor(ms, 1, `${server.url}/livez`)
  const idle = await probe(1000)
  const callers = 4 * availableParallelism()
  const [busy, signIns] = await Promise.all([
    probe(SECONDS * 1000),
    callFor(SECONDS * 1000, callers, server.hook, server.signIn),
  ])
  await server.stop()
  return {
    title: '/livez while every thread checks passwords',
    head: ['call', 'answers', 'p50 ms', 'p99 ms', 'longest ms'],
    rows: [
      rowOf('/livez, idle', idle),
      rowOf(`/livez, ${callers} callers at cost ${COST}`, busy),
      rowOf('their sign-ins', signIns),
    ],
  }
}
