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
  /** Set where no call could be authenticated without an authorization server's keys. */
  readonly keys?: { ready(): boolean } | undefined
  /** Shown and not judged: without its ledger the server still answers rightly. */
  readonly ledger?: { readonly status: Readonly<Record<string, unknown>> } | undefined
}

export const createHealthApp = ({ legacy, pool, isDraining, keys, ledger }: HealthParts): Hono => {
  const app = new Hono()
  app.get('/livez', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    const storeOk = await legacy.ping().then(
      () => true,
      () => false,
    )
    const keysOk = keys?.ready() ?? true
    const ready = storeOk && pool.alive > 0 && keysOk && !isDraining()
    const legacyStore = storeOk ? 'ok' : 'unreachable'
    const workers = `${pool.alive} of ${pool.size}`
    const { name: engine, fallback } = pool.engine
    const oauthKeys = keys && { oauthKeys: keysOk ? 'ok' : 'missing' }
    const parts = {
      legacyStore,
      workers,
      engine,
      fallback,
      ...oauthKeys,
      ledger: ledger?.status ?? 'off',
    }
    return c.json({ ready, ...parts, draining: isDraining() }, ready ? 200 : 503)
  })
  return app
}
