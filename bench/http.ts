/** Owns the measurement of the whole server through HTTP: more and more callers at once. */
import { callFor, OKTA_WAITS_MS, percentile, TRY_AGAIN_MS } from './callers.ts'
import type { Table } from './report.ts'
import { startServer } from './server.ts'

const COST = 10
const CALLERS = [1, 2, 5, 10, 25, 50, 75, 100, 150]
const WARM_UP_MS = 3_000
const MEASURE_MS = 10_000

/** @param engineRate checks a second that the engine alone does at this cost in the same run */
export const measureHttp = async (engineRate: number): Promise<Table> => {
  const server = await startServer({ cost: COST })
  const sign = (ms: number, callers: number) => callFor(ms, callers, server.hook, server.signIn)
  await sign(WARM_UP_MS, 10)
  const rows: string[][] = []
  for (const callers of CALLERS) {
    const began = performance.now()
    const times = await sign(MEASURE_MS, callers)
    const seconds = (performance.now() - began) / 1000
    const answered = times.filter(({ status }) => status === 200)
    const rate = answered.length / seconds
    rows.push([
      String(callers),
      rate.toFixed(1),
      `${((rate / engineRate) * 100).toFixed(0)} %`,
      ...[0.5, 0.99, 1].map((share) => percentile(answered, share).toFixed(0)),
      String(times.length - answered.length),
      String(answered.filter(({ ms }) => ms > OKTA_WAITS_MS).length),
    ])
  }
  await server.stop()
  return {
    title: `Through HTTP, cost ${COST}`,
    note: `Who is answered calls again at once; who is refused, after ${TRY_AGAIN_MS / 1000} s.`,
    head: [
      'callers at once',
      'sign-ins/s',
      "of the engine's rate",
      'p50 ms',
      'p99 ms',
      'longest ms',
      'refused',
      'later than 3 s',
    ],
    rows,
  }
}
