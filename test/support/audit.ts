/** Runs an audit in this process, and reads the lists that it writes. */
import Database from 'better-sqlite3'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { auditCommand } from '../../src/commands/audit/audit.ts'
import type { Ended } from './command.ts'
import { runInProcess } from './in-process.ts'
import { tempDir } from './temp.ts'

export interface AuditRun extends Ended {
  /** The lines of the lists without their headers; empty where there is none. */
  readonly blocked: readonly string[]
  readonly routes: readonly string[]
}

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').trim().split('\r\n').slice(1) : []

export const runAudit = async (
  env: Record<string, string>,
  ...args: readonly string[]
): Promise<AuditRun> => {
  const dir = tempDir()
  const [blocked, routes] = [join(dir, 'blocked.csv'), join(dir, 'routes.csv')]
  const ended = await runInProcess(
    (perform) => auditCommand(perform, { clock: systemClock, random: Math.random }),
    ['--blocked', blocked, '--routes', routes, ...args],
    { HASH_WORKERS: '1', ...env },
  )
  return { ...ended, blocked: linesOf(blocked), routes: linesOf(routes) }
}

/** A SQLite store with a table `people`, whose columns have no type. @returns the environment of an audit of it */
export const peopleStore = (
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Record<string, string> => {
  const path = join(tempDir(), 'people.sqlite')
  const db = new Database(path)
  db.exec(`CREATE TABLE people (${columns.join()}); CREATE INDEX logins ON people (login)`)
  const insert = db.prepare(`INSERT INTO people VALUES (${columns.map(() => '?').join()})`)
  for (const row of rows) insert.run(...row)
  db.close()
  return {
    LEGACY_DB_URL: `sqlite:${path}`,
    LEGACY_AUDIT_SQL: `SELECT ${columns.join()} FROM people`,
    LEGACY_LOOKUP_SQL: 'SELECT login, password_hash FROM people WHERE login = :login',
  }
}
