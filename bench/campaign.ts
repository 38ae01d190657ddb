/** Measures the commands of a campaign on large stores: their speed, and the memory that they take. */
import Database from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { inDirectory, runBuilt, watchPeak } from './import.ts'
import type { Table } from './report.ts'

const SIZES = [100_000, 1_000_000]

const DAY_MS = 86_400_000

/** Sound hashes of no password: an audit reads them, and computes none. */
const makeHash = (cost: number): string =>
  `$2b$${cost}$${randomBytes(21).toString('hex').slice(0, 21)}.${randomBytes(15).toString('hex')}.`

export const makeStore = (path: string, count: number): void => {
  const db = new Database(path)
  db.exec(`
    CREATE TABLE people (id INTEGER PRIMARY KEY, login TEXT, first TEXT, last TEXT, pw TEXT, seen TEXT);
    CREATE INDEX people_login ON people (login)`)
  const insert = db.prepare('INSERT INTO people VALUES (NULL, ?, ?, ?, ?, ?)')
  const now = Date.now()
  db.transaction(() => {
    for (let i = 0; i < count; i++) {
      const seen = new Date(now - (i % 700) * DAY_MS).toISOString()
      const hash = makeHash(i % 40 === 0 ? 12 : 10)
      insert.run(`person.${i}@example.com`, `First${i}`, `Last${i}`, hash, seen)
    }
  })()
  db.close()
}

export const STATEMENTS = {
  LEGACY_AUDIT_SQL: `SELECT id, login, login AS email, first AS "firstName", last AS "lastName",
    pw AS password_hash, seen AS last_login FROM people`,
  LEGACY_LOOKUP_SQL: 'SELECT id, login, pw AS password_hash FROM people WHERE login = :login',
}

const measureSize = (count: number): Promise<string[]> =>
  inDirectory(async (dir) => {
    const path = join(dir, 'store.sqlite')
    makeStore(path, count)
    const lists = ['--routes', join(dir, 'routes.csv'), '--blocked', join(dir, 'blocked.csv')]
    const began = performance.now()
    const env = { ...STATEMENTS, LEGACY_DB_URL: `sqlite:${path}` }
    const child = runBuilt(['audit', ...lists, '--json', '--quiet'], env)
    child.stdout?.resume()
    const peak = watchPeak(child)
    const [code] = (await once(child, 'exit')) as [number]
    const seconds = (performance.now() - began) / 1000
    if (code !== 0) throw new Error(`the audit ended with ${code}`)
    return [count.toLocaleString('en'), seconds.toFixed(0), peak().toFixed(0)]
  })

export const measureAudit = async (): Promise<Table> => {
  const rows: string[][] = []
  for (const size of SIZES) rows.push(await measureSize(size))
  return {
    title: 'The audit of a SQLite store with profiles and last logins',
    note: 'The whole command, with 1,000 lookups and the self-test of the threads, which take about 4 seconds.',
    head: ['accounts', 'seconds', 'peak MiB resident'],
    rows,
  }
}
