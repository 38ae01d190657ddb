/** Answers probes: whether the process is alive, and whether it should get calls. */
import { Hono } from 'hono'

export interface HealthDeps {
  readonly legacy: {
    ping(): Promise<void>
    readonly state: 'ok' | 'unreachable' | 'refused'
    readonly foreignRows?: number
  }
  readonly pool: {
    readonly alive: number
    readonly size: number
    readonly engine: {
      readonly computes: string
      readonly name: string
      readonly fallback?: string
    }
  }
  readonly isDraining: () => boolean
  /** Set where no call could be authenticated without an authorization server's keys. */
  readonly keys?: { ready(): boolean } | undefined
  /** Shown, but not part of readiness: without its ledger the server still answers correctly. */
  readonly ledger?: { readonly status: Readonly<Record<string, unknown>> } | undefined
}

export interface Readiness {
  readonly ready: boolean
  readonly storeOk: boolean
  readonly keysOk: boolean
}

/** Takes no longer than a lookup may. During a drain the store is not asked, since proxies must learn of the drain at once. */
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
    const { computes, name: engine, fallback } = pool.engine
    const shown = {
      ready,
      legacyStore: storeOk ? 'ok' : legacy.state === 'refused' ? 'refused' : 'unreachable',
      workers: `${pool.alive} of ${pool.size}`,
      engine,
      ...(fallback !== undefined && { fallback: `${computes}: ${fallback}` }),
      ...(keys && { oauthKeys: keysOk ? 'ok' : 'missing' }),
      ledger: ledger?.status ?? 'off',
      draining: isDraining(),
    }
    return c.json(shown, ready ? 200 : 503)
  })
  return app
}
