/** Owns the server under measurement: the built command in a process of its own, over a legacy store made for it. */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from './callers.ts'

const SECRET = 'only for measuring, on this machine alone'
const ROOT = new URL('../../', import.meta.url)

const STOP_MS = 5_000

export interface MeasuredServer {
  readonly url: string
  readonly pid: number
  /** The address of the hook. */
  readonly hook: string
  /** A sign-in with the right password, by a person who has not signed in before. */
  readonly signIn: () => Call
  residentBytes(): number
  stop(): Promise<void>
}

const makeStore = (dir: string, cost: number, people: number): string => {
  const path = join(dir, 'legacy.sqlite')
  const db = new Database(path)
  db.exec(readFileSync(new URL('legacy-db/schema.sql', ROOT), 'utf8'))
  const insert = db.prepare('INSERT INTO accounts (login, password_hash) VALUES (?, ?)')
  const hash = hashSync('open sesame', cost)
  db.transaction(() => {
    for (let i = 0; i < people; i++) insert.run(`person${i}@example.com`, hash)
  })()
  db.close()
  return `sqlite:${path}`
}

export interface ServerOptions {
  readonly cost: number
  readonly people?: number
  /** What Node.js runs. */
  readonly script?: readonly string[]
}

/** The resident set of a process (proc(5), VmRSS). */
const residentBytes = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

/** Where the server listens, as soon as its log says so. */
const urlIn = async (logFile: string, child: ChildProcess): Promise<string> => {
  for (;;) {
    const found = /"url":"(http:[^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1]
    if (found !== undefined) return found
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const startServer = async ({
  cost,
  people = 10_000,
  script = ['dist/cli.js', 'serve'],
}: ServerOptions): Promise<MeasuredServer> => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'))
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    HOOK_SECRET: SECRET,
    LEGACY_DB_URL: makeStore(dir, cost, people),
    LEDGER_DB_URL: `sqlite:${join(dir, 'ledger.sqlite')}`,
  }
  // A file and no pipe: whoever reads the log on these cores takes part of what is measured.
  const logFile = join(dir, 'log')
  const out = openSync(logFile, 'w')
  const child = spawn(process.execPath, script, {
    cwd: ROOT,
    env,
    stdio: ['ignore', out, 'inherit'],
  })
  closeSync(out)
  const url = await urlIn(logFile, child)
  let next = 0
  return {
    url,
    pid: child.pid ?? 0,
    hook: `${url}/hooks/okta/password-import`,
    residentBytes: () => residentBytes(child.pid ?? 0),
    signIn: () => {
      const credential = {
        username: `person${next++ % people}@example.com`,
        password: 'open sesame',
      }
      return {
        method: 'POST',
        headers: { authorization: SECRET, 'content-type': 'application/json' },
        body: JSON.stringify({
          eventId: `event-${next}`,
          eventType: 'com.okta.user.credential.password.import',
          data: { context: { credential } },
        }),
      }
    },
    stop: async () => {
      child.kill('SIGTERM')
      // A process whose threads have work left that nobody waits for may not end before they do.
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await once(child, 'exit')
      clearTimeout(timer)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
