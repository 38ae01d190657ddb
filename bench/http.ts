/** Measures the whole server through HTTP: more and more callers at once. */
import { callFor, OKTA_WAITS_MS, percentile, TRY_AGAIN_MS } from './callers.ts'
import type { Table } from './report.ts'
import { startServer } from './server.ts'

const COST = 10
const CALLERS = [1, 2, 5, 10, 25, 50, 75, 100, 150]
const WARM_UP_MS = 3_000
const MEASURE_MS = 10_000

/**
 * @param engineRate measures how many checks per second the engine alone does at this cost: called before and
 *   after each row, since a machine's speed drifts with whatever else it does
 */
export const measureHttp = async (engineRate: () => Promise<number>): Promise<Table> => {
  const server = await startServer({ cost: COST })
  const sign = (ms: number, callers: number) => callFor(ms, callers, server.hook, server.signIn)
  await sign(WARM_UP_MS, 10)
  const rows: string[][] = []
  let before = await engineRate()
  for (const callers of CALLERS) {
    const began = performance.now()
    const times = await sign(MEASURE_MS, callers)
    const seconds = (performance.now() - began) / 1000
    const answered = times.filter(({ status }) => status === 200)
    const rate = answered.length / seconds
    const after = await engineRate()
    const engine = (before + after) / 2
    before = after
    rows.push([
      String(callers),
      rate.toFixed(1),
      engine.toFixed(1),
      `${((rate / engine) * 100).toFixed(0)} %`,
      ...[0.5, 0.99, 1].map((share) => percentile(answered, share).toFixed(0)),
      String(times.length - answered.length),
      String(answered.filter(({ ms }) => ms > OKTA_WAITS_MS).length),
    ])
  }
  await server.stop()
  return {
    title: `Through HTTP, cost ${COST}`,
    note: `A caller who gets an answer calls again at once; a refused one calls again after ${TRY_AGAIN_MS / 1000} s.`,
    head: [
      'callers at once',
      'sign-ins/s',
      'the engine alone',
      'of that',
      'p50 ms',
      'p99 ms',
      'longest ms',
      'refused',
      'later than 3 s',
    ],
    rows,
  }
}
