/** The probes: alive while the process runs, ready while calls can be decided. */
import { expect, it } from 'vitest'
import { hashSync } from 'bcryptjs'
import { startHook } from '../support/hook.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'
import { createHealthApp } from '../../src/ops/probes.ts'
import { ManualClock } from '../support/clock.ts'

const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]

const probe = async (base: string, path: string): Promise<[number, string]> => {
  const response = await fetch(base + path)
  return [response.status, await response.text()]
}

it('/livez answers while every thread is busy', async () => {
  const clock = new ManualClock()
  const hook = await startHook({ rows: ROWS, clock, workerUrl: SLOW_WORKER, poolSize: 2 })
  const held = [1, 2].map(() => hook.signIn('good', 'hold'))
  await expect.poll(() => hook.runs.length).toBe(2)
  expect(await probe(hook.base, '/livez')).toEqual([200, 'ok\n'])
  expect(await probe(hook.base, '/readyz')).toEqual([
    200,
    '{"ready":true,"legacyStore":"ok","workers":"2 of 2","engine":"bcryptjs","ledger":"off","draining":false}',
  ])
  releaseHeld()
  await Promise.all(held)
  await hook.close()
})

it('/readyz is 503 without a thread, and while draining', async () => {
  const clock = new ManualClock()
  const lost = await startHook({ rows: ROWS, clock, workerUrl: SLOW_WORKER })
  await lost.signIn('good', 'die')
  const [status, text] = await probe(lost.base, '/readyz')
  expect([status, JSON.parse(text)]).toMatchObject([503, { ready: false, workers: '0 of 1' }])
  await lost.close()

  const draining = await startHook({ rows: ROWS, isDraining: () => true })
  expect((await probe(draining.base, '/readyz'))[0]).toBe(503)
  expect((await probe(draining.base, '/livez'))[0]).toBe(200)
  await draining.close()
})

it('/readyz of a server that drains does not wait for the legacy store', async () => {
  const app = createHealthApp({
    legacy: { ping: () => new Promise(() => undefined), state: 'ok', foreignRows: 0 },
    pool: { alive: 1, size: 1, engine: { computes: 'bcrypt', name: 'bcryptjs' } },
    isDraining: () => true,
  })
  expect((await app.request('/readyz')).status).toBe(503)
})
