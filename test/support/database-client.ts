/** Runs a script of SQL as a DBA does: through the client of each kind of database. */
import { spawnSync } from 'node:child_process'
import { sqlitePath } from '../../src/sql/kinds.ts'
import type { Dialect } from './databases.ts'

const COMMANDS: Readonly<Record<Dialect, (url: string) => readonly [string, ...string[]]>> = {
  sqlite: (url) => ['sqlite3', sqlitePath(url)],
  postgres: (url) => ['psql', '--no-psqlrc', '--quiet', url],
  mysql: (url) => {
    const { hostname, port, username, password, pathname } = new URL(url)
    const where = ['-h', hostname, '-P', port === '' ? '3306' : port, '-u', username]
    return ['mysql', ...where, ...(password ? [`-p${password}`] : []), pathname.slice(1)]
  },
}

/** @returns what it says of errors, or undefined where the client is not installed */
export const runScript = (dialect: Dialect, url: string, script: string): string | undefined => {
  const [command, ...args] = COMMANDS[dialect](url)
  const { error, stderr, status } = spawnSync(command, args, { input: script, encoding: 'utf8' })
  if (error && 'code' in error && error.code === 'ENOENT') return undefined
  if (error) throw error
  return status === 0 ? '' : `${status}: ${stderr}`
}
