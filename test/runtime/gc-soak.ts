/**
 * 30,000 calls to a real server whose garbage is collected all the time, run by .ci/run on several
 * versions of Node.js: `node test/runtime/gc-soak.ts CLI`, where CLI is the server's `cli.js`.
 */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, type Call } from '../../bench/connection.ts'
import { startServer, type SoakedServer } from './soaked-server.ts'

const CALLS = 30_000
const CALLERS = 16
const COST = 4

/** In each thread; with fewer the soak has proved nothing. */
const MIN_COLLECTIONS = 25

/** The main thread, the ledger's, two that check passwords, and at least one that reads the legacy store. */
const THREADS = 5

const SECRET = 'only for this soak, on this machine alone'
const PASSWORD = 'open sesame'

const loginOf = (i: number): string => `person${i}@example.com`

/** Of ten calls one has a wrong password, and one an unknown login. Each login comes once. */
const isKnown = (i: number): boolean => i % 10 !== 9
const isRight = (i: number): boolean => isKnown(i) && i % 10 !== 8

const makeStore = (path: string): void => {
  const db = new Database(path)
  db.exec(readFileSync(new URL('../../legacy-db/schema.sql', import.meta.url), 'utf8'))
  const insert = db.prepare('INSERT INTO accounts (login, password_hash) VALUES (?, ?)')
  const hash = hashSync(PASSWORD, COST)
  db.transaction(() => {
    for (let i = 0; i < CALLS; i++) if (isKnown(i)) insert.run(loginOf(i), hash)
  })()
  db.close()
}

const callFor = (i: number): Call => {
  const password = isKnown(i) && !isRight(i) ? 'not the password' : PASSWORD
  return {
    method: 'POST',
    headers: { authorization: SECRET, 'content-type': 'application/json' },
    body: JSON.stringify({
      eventId: `soak-${i}`,
      eventType: 'com.okta.user.credential.password.import',
      data: { context: { credential: { username: loginOf(i), password } } },
    }),
  }
}

/** @throws Error at the first answer that is not the expected one */
const callAll = async (hook: URL): Promise<void> => {
  let next = 0
  const caller = async (): Promise<void> => {
    const connection = new Connection(hook)
    for (let i = next++; i < CALLS; i = next++) {
      const answer = await connection.ask(callFor(i))
      const wanted = `"credential":"${isRight(i) ? 'VERIFIED' : 'UNVERIFIED'}"`
      if (answer?.status !== 200 || !answer.body.includes(wanted)) {
        throw new Error(`call ${i}: wanted ${wanted}, got ${JSON.stringify(answer)}`)
      }
    }
    connection.hangUp()
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

const rowsIn = (path: string): unknown => {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  return db.prepare('SELECT count(*) FROM ledger_decisions').pluck().get()
}

const isSoaked = ({ collections }: SoakedServer): boolean =>
  [...collections.values()].filter((count) => count >= MIN_COLLECTIONS).length >= THREADS

/** @returns what is wrong */
const flawsOf = (server: SoakedServer, code: unknown, rows: unknown): string[] => [
  ...(code === 0 ? [] : [`the server ended with ${String(code)}`]),
  ...(rows === CALLS ? [] : [`the ledger has ${String(rows)} rows`]),
  ...(isSoaked(server) ? [] : ['too little garbage was collected']),
  ...server.errors,
]

const soak = async (dir: string, cli: string): Promise<string[]> => {
  const [store, ledger] = [join(dir, 'legacy.sqlite'), join(dir, 'ledger.sqlite')]
  makeStore(store)
  const server = await startServer(cli, {
    HOOK_SECRET: SECRET,
    HASH_WORKERS: '2',
    LEGACY_DB_URL: `sqlite:${store}`,
    LEDGER_DB_URL: `sqlite:${ledger}`,
  })
  const began = performance.now()
  const failed = await callAll(server.hook).then(
    () => [],
    (err: unknown) => [String(err)],
  )
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const code = await server.stop()
  const rows = rowsIn(ledger)
  const collections = [...server.collections.values()].sort((a, b) => b - a).join(' + ')
  console.log(
    `gc soak on ${process.version}: ${CALLS} calls in ${seconds} s, ` +
      `${collections} collections (a number for each thread), ${String(rows)} rows, exit ${String(code)}`,
  )
  return [...failed, ...flawsOf(server, code, rows)]
}

const dir = mkdtempSync(join(tmpdir(), 'gc-soak-'))
try {
  const flaws = await soak(dir, process.argv[2] ?? 'dist/cli.js')
  for (const flaw of flaws) console.error(flaw)
  process.exitCode = flaws.length === 0 ? 0 : 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}
