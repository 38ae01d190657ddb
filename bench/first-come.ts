/** A server to compare with: the same hook, engine and lanes, but a plain first-come queue. */
import { DEFAULT_HASHES } from '../src/passwords/registry.ts'
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { systemClock } from '../src/clock.ts'
import { createHookApp } from '../src/hook/app.ts'
import { createGuessLimiter } from '../src/hook/guess-limit.ts'
import { openLegacyStore } from '../src/legacy/open.ts'
import { listen } from '../src/ops/listen.ts'
import { createLog } from '../src/ops/log.ts'
import { startThread, threadUrl } from '../src/thread.ts'
import type { Checked, PasswordChecker } from '../src/workers/checker.ts'
import type { BatchReply, BatchRequest, CoresMade, WorkerData } from '../src/workers/protocol.ts'

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }

interface Job {
  readonly check: BatchRequest[number]
  readonly admittedAt: number
  readonly answer: (checked: Checked) => void
}

/** Accepts every check, and answers in order of arrival, however late. */
const createFirstCome = (): PasswordChecker => {
  const queue: Job[] = []
  /** How many checks each thread computes at once. */
  const idle = new Map<Worker, number>()
  const pump = (): void => {
    for (const [worker, lanes] of idle) {
      const jobs = queue.splice(0, lanes)
      if (jobs.length === 0) return
      idle.delete(worker)
      const startedAt = performance.now()
      worker.once('message', ({ outcomes, runMs }: BatchReply) => {
        for (const [i, { answer, admittedAt }] of jobs.entries()) {
          const outcome = outcomes[i] ?? 'malformed'
          answer({ outcome, waitMs: startedAt - admittedAt, runMs, lanes: jobs.length })
        }
        idle.set(worker, lanes)
        pump()
      })
      worker.postMessage(jobs.map(({ check }) => check) satisfies BatchRequest)
    }
  }
  for (let i = 0; i < availableParallelism(); i++) {
    const worker = startThread(threadUrl('check'), { isFirst: false } satisfies WorkerData)
    worker.once('message', ({ cores }: CoresMade) => {
      idle.set(worker, cores[0]?.lanes ?? 1)
      pump()
    })
  }
  return {
    mayAdmit: () => true,
    check: (plan, password) =>
      new Promise((answer) => {
        queue.push({ check: { plan, password }, admittedAt: performance.now(), answer })
        pump()
      }),
  }
}

const { HOOK_SECRET: secret = '', LEGACY_DB_URL: url = '' } = process.env
const log = await createLog({
  level: 'info',
  isTerminal: false,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
})
const app = createHookApp({
  settings: {
    authHeader: 'authorization',
    secrets: { current: secret, previous: undefined },
    orgUrl: undefined,
    deadlineMs: 60_000,
    hashes: BOUNDS,
    dummyHashSecret: secret,
  },
  legacy: await openLegacyStore(url, {
    sql: undefined,
    auditSql: undefined,
    unchecked: false,
    ignored: [],
    poolSize: 2,
    lookupMs: 1_000,
    ca: undefined,
    clock: systemClock,
  }),
  checker: createFirstCome(),
  guessLimiter: createGuessLimiter(systemClock, { limit: 1000, windowMs: 1 }),
  clock: systemClock,
  log,
  nameLogin: (login) => login,
  namePerson: (key) => key,
})
const listener = await listen({
  fetch: app.fetch,
  host: '127.0.0.1',
  port: 0,
  tls: undefined,
  clock: systemClock,
  onRenewal: () => undefined,
})
log.info({ url: listener.url }, 'ready')
process.on('SIGTERM', () => process.exit(0))
