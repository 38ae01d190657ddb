/** A whole hook server on a free port: a real SQLite file, real threads, real sockets. */
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'
import Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect } from 'vitest'
import type { OAuth } from '../../src/commands/serve/start-oauth.ts'
import type { CallObserver, DecisionLog } from '../../src/call-record.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { createHookApp, HOOK_PATH, type HookAppOptions } from '../../src/hook/app.ts'
import { createCredentialsPrecheck } from '../../src/hook/authenticate.ts'
import { createGuessLimiter, type GuessLimitOptions } from '../../src/hook/guess-limit.ts'
import type { LegacyStore } from '../../src/legacy/store.ts'
import { createHealthApp } from '../../src/ops/probes.ts'
import { listen } from '../../src/ops/listen.ts'
import { createLog, fingerprint } from '../../src/ops/log.ts'
import type { PasswordChecker } from '../../src/workers/checker.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { openLegacy } from './legacy.ts'
import { head, sendAndDrop } from './raw.ts'
import { makeTempDir, removeDir } from './temp.ts'
import { until } from './until.ts'

export interface Row {
  readonly login: string
  readonly hash: string
  readonly enabled?: 0 | 1
}

export const SECRET = 'Basic b2t0YTpvbmx5LWZvci10ZXN0cy1vbmx5LWZvci10ZXN0cw=='

export const EVENT_ID = '3o9jBzq1SmOGmmsDsqyyeQ'
export const EVENT_TYPE = 'com.okta.user.credential.password.import'

export const SCHEMA = readFileSync(new URL('../../legacy-db/schema.sql', import.meta.url), 'utf8')

/** Makes a legacy database with the schema of `legacy-db/`; returns its path. */
export const makeLegacyDb = (dir: string, rows: readonly Row[]): string => {
  const path = join(dir, 'legacy.sqlite')
  const db = new Database(path)
  db.exec(SCHEMA)
  const insert = db.prepare('INSERT INTO accounts (login, password_hash, enabled) VALUES (?, ?, ?)')
  for (const { login, hash, enabled = 1 } of rows) insert.run(login, hash, enabled)
  db.close()
  return path
}

/** A payload as Okta documents it, with the given values filled in. */
export const payload = (username: unknown, password: unknown, more: object = {}): object => ({
  eventId: EVENT_ID,
  eventTime: '2020-01-17T21:23:56.000Z',
  eventType: EVENT_TYPE,
  eventTypeVersion: '1.0',
  contentType: 'application/json',
  cloudEventVersion: '0.1',
  source: 'https://acme.okta.com/api/v1/inlineHooks/cbl2ad6phv9fsPLcF0g7',
  data: {
    context: {
      request: {
        id: 'XiIl6wn7005Rr@fjYqeC7CCDBxw',
        method: 'POST',
        url: { value: '/idp/idx/challenge/answer' },
        ipAddress: '66.124.153.138',
      },
      credential: { username, password },
    },
    action: { credential: 'UNVERIFIED' },
  },
  ...more,
})

export interface HookOptions {
  readonly rows?: readonly Row[]
  /** Used in place of a database with the rows. */
  readonly legacy?: LegacyStore
  readonly settings?: Partial<HookAppOptions>
  readonly guesses?: GuessLimitOptions
  readonly ledger?: DecisionLog
  readonly onAnswered?: CallObserver
  readonly clock?: Clock
  readonly oauth?: OAuth
  readonly poolSize?: number
  readonly queueLimit?: number
  readonly workerUrl?: URL
  readonly isDraining?: () => boolean
  readonly nameLogin?: (login: string) => string
}

export interface Reply {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export type RunningHook = Awaited<ReturnType<typeof startHook>>

export const startHook = async (options: HookOptions = {}) => {
  const { rows = [], clock = systemClock, isDraining = () => false } = options
  const dir = makeTempDir()
  const legacyPath = makeLegacyDb(dir, rows)
  const legacy =
    options.legacy ?? (await openLegacy(`sqlite:${legacyPath}`, { clock, lookupMs: 1_250 }))
  const settings: HookAppOptions = {
    authHeader: 'authorization',
    secrets: { current: SECRET, previous: undefined },
    orgUrl: undefined,
    deadlineMs: 2500,
    hashes: { ...DEFAULT_HASHES, bcryptCost: 14 },
    dummyHashSecret: SECRET,
    ...options.settings,
  }
  const pool = await WorkerPool.start({
    size: options.poolSize ?? 1,
    queueLimit: options.queueLimit ?? 64,
    clock,
    ...(options.workerUrl && { workerUrl: options.workerUrl }),
  })
  await until('all threads are ready', () => pool.alive === pool.size)
  /** The setting of each computed hash: prefix and cost. */
  const runs: string[] = []
  let asked = 0
  const checker: PasswordChecker = {
    mayAdmit: (deadline) => {
      asked++
      return pool.mayAdmit(deadline)
    },
    check: (plan, ...rest) => {
      runs.push(
        'variant' in plan
          ? `$${plan.variant}$${String(plan.cost).padStart(2, '0')}$`
          : plan.kind.name,
      )
      return pool.check(plan, ...rest)
    },
  }
  const written: string[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString())
      done()
    },
  })
  const log = await createLog({
    level: 'debug',
    isTerminal: false,
    stdout: stream,
    stderr: stream,
    clock,
  })
  const nameLogin = options.nameLogin ?? fingerprint('key for tests')
  const { keys, checkBearer } = options.oauth ?? {}
  const app = createHookApp({
    settings,
    legacy,
    checker,
    guessLimiter: createGuessLimiter(clock, options.guesses ?? { limit: 10, windowMs: 900_000 }),
    checkBearer,
    clock,
    log,
    onAnswered: options.onAnswered,
    nameLogin,
    namePerson: fingerprint('key for tests', 'person'),
    ledger: options.ledger,
  })
  app.route('/', createHealthApp({ legacy, pool, isDraining, keys }))
  const listener = await listen({
    fetch: app.fetch,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    clock,
    mayStream: createCredentialsPrecheck({ ...settings, checkBearer }),
    onRenewal: () => undefined,
  })
  const url = listener.url + HOOK_PATH

  const send = async (
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Reply> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: SECRET, 'content-type': 'application/json', ...headers },
      body,
    })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  return {
    base: listener.url,
    url,
    dir,
    legacyPath,
    pool,
    runs,
    /** How often the pool was asked whether it may admit a check. */
    asked: () => asked,
    /** The log so far, as parsed lines. */
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    rawLog: () => written.join(''),
    send,
    /** Sends a call with its own event, as each sign-in has. */
    signIn: (username: unknown, password: unknown, more: object = {}) =>
      send(JSON.stringify(payload(username, password, { eventId: randomUUID(), ...more }))),
    /** Sends a call, and hangs up once its check is requested. */
    signInAndDrop: async (username: string, password: string, more: object = {}) => {
      const body = JSON.stringify(payload(username, password, { eventId: randomUUID(), ...more }))
      const headers = [
        `Authorization: ${SECRET}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
      ]
      const next = runs.length + 1
      await sendAndDrop(listener.url, head(HOOK_PATH, headers) + body, () =>
        expect.poll(() => runs.length).toBe(next),
      )
    },
    async close() {
      await listener.close()
      await pool.close()
      await legacy.close()
      removeDir(dir)
    },
  }
}
