/** Owns the answers to probes: is the process alive, and should it be sent calls. */
import { Hono } from 'hono'

export interface HealthDeps {
  readonly legacy: {
    ping(): Promise<void>
    readonly state: 'ok' | 'unreachable' | 'refused'
    readonly foreignRows: number
  }
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

export interface Readiness {
  readonly ready: boolean
  readonly storeOk: boolean
  readonly keysOk: boolean
}

/** Bounded by the store's own limit for a lookup. While it drains, proxies must not wait for the store to learn it. */
export const probe = async (deps: HealthDeps): Promise<Readiness> => {
  const { legacy, pool, isDraining, keys } = deps
  const storeOk = isDraining()
    ? legacy.state === 'ok'
    : await legacy.ping().then(
        () => true,
        () => false,
      )
  const keysOk = keys?.ready() ?? true
  return { ready: storeOk && pool.alive > 0 && keysOk && !isDraining(), storeOk, keysOk }
}

export const createHealthApp = (deps: HealthDeps): Hono => {
  const { legacy, pool, isDraining, keys, ledger } = deps
  const app = new Hono()
  app.get('/livez', (c) => c.text('ok\n'))
  app.get('/readyz', async (c) => {
    const { ready, storeOk, keysOk } = await probe(deps)
    const { name: engine, fallback } = pool.engine
    const shown = {
      ready,
      legacyStore: storeOk ? 'ok' : legacy.state === 'refused' ? 'refused' : 'unreachable',
      workers: `${pool.alive} of ${pool.size}`,
      engine,
      fallback,
      ...(keys && { oauthKeys: keysOk ? 'ok' : 'missing' }),
      ledger: ledger?.status ?? 'off',
      draining: isDraining(),
    }
    return c.json(shown, ready ? 200 : 503)
  })
  return app
}
