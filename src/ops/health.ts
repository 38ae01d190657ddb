/** Owns the answers to probes: is the process alive, and should it be sent calls. */
import { Hono } from 'hono'

export interface HealthParts {
  readonly legacy: { ping(): Promise<void> }
  readonly pool: {
    readonly alive: number
    readonly size: number
    readonly engine: { readonly name: string; readonly fallback?: string }
  }
  readonly isDraining: () => boolean
}

export const createHealthApp = ({ legacy, pool, isDraining }: HealthParts): Hono => {
  const app = new Hono()
  app.get('/livez', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    const storeOk = await legacy.ping().then(
      () => true,
      () => false,
    )
    const ready = storeOk && pool.alive > 0 && !isDraining()
    const legacyStore = storeOk ? 'ok' : 'unreachable'
    const workers = `${pool.alive} of ${pool.size}`
    const { name: engine, fallback } = pool.engine
    const state = { ready, legacyStore, workers, engine, fallback, draining: isDraining() }
    return c.json(state, ready ? 200 : 503)
  })
  return app
}
