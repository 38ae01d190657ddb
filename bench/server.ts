/** Starts the measured server: the built command in a separate process, over a legacy store made for it. */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from './connection.ts'

export const SECRET = 'only for measuring, on this machine alone'
export const PASSWORD = 'open sesame'
export const ROOT = new URL('../', import.meta.url)

export interface ServerProcess {
  readonly url: string
  /** The address of the hook. */
  readonly hook: string
  readonly pid: number
  /** Milliseconds from its start until it was ready. */
  readonly readyMs: number
  /** The address of the ops port, if it is open. */
  readonly opsUrl: string | undefined
  /** The warnings and errors in its log. */
  warnings(): string[]
  stop(): Promise<void>
}

export interface MeasuredServer extends ServerProcess {
  /** A sign-in with the right password, by a person who has not signed in before. */
  readonly signIn: () => Call
}

const makeStore = (dir: string, hashes: readonly string[], people: number): string => {
  const path = join(dir, 'legacy.sqlite')
  const db = new Database(path)
  db.exec(readFileSync(new URL('legacy-db/schema.sql', ROOT), 'utf8'))
  const insert = db.prepare('INSERT INTO accounts (login, password_hash) VALUES (?, ?)')
  db.transaction(() => {
    for (let i = 0; i < people; i++) {
      insert.run(`person${i}@example.com`, hashes[i % hashes.length])
    }
  })()
  db.close()
  return `sqlite:${path}`
}

interface Image {
  /** The arguments of Node.js. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How the image of a checkout runs the server: the measured memory depends on it. */
export const imageOf = (root: URL): Image => {
  const dockerfile = readFileSync(new URL('Dockerfile', root), 'utf8')
  const [, list = ''] = /^CMD \["node", (.+)\]$/m.exec(dockerfile) ?? []
  const args = (JSON.parse(`[${list}]`) as string[]).map((arg) =>
    arg.endsWith('.js') ? new URL(arg, root).pathname : arg,
  )
  const pairs = [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => line.split(' '))
  const env = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]))
  return { args, env }
}

const IMAGE = imageOf(ROOT)

const STOP_MS = 5_000

/** Where the server listens, as soon as its log says so. */
const urlIn = async (logFile: string, child: ChildProcess): Promise<string> => {
  for (;;) {
    const found = /"url":"(https?:[^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1]
    if (found !== undefined) return found.replace('0.0.0.0', '127.0.0.1')
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const spawnServer = async (
  more: Readonly<Record<string, string>>,
  image: Image = IMAGE,
): Promise<ServerProcess> => {
  const env = {
    PATH: process.env['PATH'],
    ...image.env,
    HOST: '127.0.0.1',
    PORT: '0',
    HOOK_SECRET: SECRET,
    DRAIN_DELAY_MS: '0',
    ...more,
  }
  const dir = mkdtempSync(join(tmpdir(), 'bench-log-'))
  // A file and not a pipe: reading the log on these cores would affect the measurement.
  const logFile = join(dir, 'log')
  const out = openSync(logFile, 'w')
  const began = performance.now()
  const child = spawn(process.execPath, image.args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', out, 'inherit'],
  })
  closeSync(out)
  const url = await urlIn(logFile, child)
  const readyMs = performance.now() - began
  return {
    url,
    hook: `${url}/hooks/okta/password-import`,
    pid: child.pid ?? 0,
    readyMs,
    opsUrl: /"opsUrl":"([^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1],
    warnings: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => /"level":"(?:warn|error)"/.test(line)),
    stop: async () => {
      child.kill('SIGTERM')
      // A process does not end before its threads have finished, even if no caller waits for their work.
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await once(child, 'exit')
      clearTimeout(timer)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface ServerOptions {
  readonly cost: number
  readonly people?: number
  /** In place of one of that cost: hashes of PASSWORD, which the people have in turn. */
  readonly hashes?: readonly string[]
  /** The value of LEDGER_DB_URL; a SQLite file by default. */
  readonly ledger?: string
  readonly image?: Image
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>
}

export const startServer = async ({
  cost,
  people = 10_000,
  hashes = [hashSync(PASSWORD, cost)],
  ledger,
  image = IMAGE,
  env: more = {},
}: ServerOptions): Promise<MeasuredServer> => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'))
  const env = {
    LEGACY_DB_URL: makeStore(dir, hashes, people),
    LEDGER_DB_URL: ledger ?? `sqlite:${join(dir, 'ledger.sqlite')}`,
    ...(ledger !== 'off' && { LEDGER_SPILL_DIR: dir }),
    FINGERPRINT_KEY: SECRET,
    ...more,
  }
  const server = await spawnServer(env, image)
  // Several servers may share a ledger, and an event that is already in it costs less.
  const run = randomUUID()
  let next = 0
  return {
    ...server,
    signIn: () => {
      const credential = {
        username: `person${next++ % people}@example.com`,
        password: PASSWORD,
      }
      return {
        method: 'POST',
        headers: { authorization: SECRET, 'content-type': 'application/json' },
        body: JSON.stringify({
          eventId: `${run}-${next}`,
          eventType: 'com.okta.user.credential.password.import',
          data: { context: { credential } },
        }),
      }
    },
    stop: async () => {
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
