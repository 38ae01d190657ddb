/** Backup and restore as docs/OPERATIONS.md prints them, with the databases' own programs on a ledger of each kind. */
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATIONS } from '../support/deploy.ts'
import { blocksOf, makeWorkplace } from '../support/documents/blocks.ts'
import {
  missingPrograms,
  startPrivateDatabase,
  type PrivateDatabase,
} from '../support/private-databases.ts'
import { makeTempDir, removeDir } from '../support/temp.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'

const printed = (section: string, pattern: RegExp): string => {
  const found = blocksOf('docs/OPERATIONS.md').filter(
    (block) => block.section === section && pattern.test(block.script),
  )
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${section} match ${pattern}`)
  return found[0]?.script ?? ''
}

interface Place {
  readonly dir: string
  readonly checkout: string
  /** The environment in which the shell finds the database that the document names. */
  readonly env: Readonly<Record<string, string>>
  /** The URL of the ledger. */
  readonly url: string
  readonly query: (sql: string) => Promise<unknown>
  /** Deletes all of it, as a mistake would. */
  readonly wipe: () => Promise<unknown>
  readonly end: () => Promise<void>
}

interface Kind {
  readonly title: string
  readonly pattern: RegExp
  /** The path of the backup in the checkout. */
  readonly dump: string
  readonly programs: readonly string[]
  readonly missing: string | undefined
  readonly open: (dir: string, checkout: string) => Promise<Place>
}

const portOf = (url: string): string => new URL(url).port

const withServer = async (
  kind: 'postgres' | 'mysql',
  prepare: (server: PrivateDatabase) => Promise<Omit<Place, 'dir' | 'checkout' | 'end'>>,
) => {
  const server = await startPrivateDatabase(kind)
  return { ...(await prepare(server)), end: () => server.remove() }
}

const postgresAt = async (server: PrivateDatabase) => {
  const run = async (connectionString: string, sql: string) => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    return client.query(sql).finally(() => client.end())
  }
  await run(server.url, 'CREATE ROLE ledger SUPERUSER LOGIN')
  await run(server.url, 'CREATE DATABASE ledger OWNER ledger')
  const url = `postgres://ledger@127.0.0.1:${portOf(server.url)}/ledger`
  const env = { PGHOST: '127.0.0.1', PGPORT: portOf(server.url) }
  const query = async (sql: string): Promise<unknown> => (await run(url, sql)).rows
  return { url, env, query, wipe: () => query('DROP SCHEMA public CASCADE; CREATE SCHEMA public') }
}

const mysqlAt = async (server: PrivateDatabase, checkout: string) => {
  const port = portOf(server.url)
  const run = async (uri: string, sql: string) => {
    const connection = await createConnection({ uri })
    return connection.query(sql).finally(() => connection.end())
  }
  await run(server.url, 'CREATE DATABASE ledger')
  await run(server.url, "CREATE USER ledger@localhost IDENTIFIED BY 'PASSWORD'")
  await run(server.url, 'GRANT ALL ON ledger.* TO ledger@localhost')
  const [, options = ''] = /```ini\n([\s\S]+?)```/.exec(OPERATIONS) ?? []
  const here = options.replace('ledger.example.com', '127.0.0.1')
  writeFileSync(join(checkout, 'ledger.cnf'), `${here}port = ${port}\n`)
  const url = `mysql://ledger:PASSWORD@127.0.0.1:${port}/ledger`
  const query = async (sql: string): Promise<unknown> => (await run(url, sql))[0]
  const wipe = async (): Promise<void> => {
    await run(server.url, 'DROP DATABASE ledger')
    await run(server.url, 'CREATE DATABASE ledger')
  }
  return { url, env: {}, query, wipe }
}

const POSTGRES = {
  dump: 'ledger.dump',
  programs: ['pg_dump', 'pg_restore'],
  missing: missingPrograms('postgres'),
}

const KINDS: readonly Kind[] = [
  {
    title: 'SQLite',
    pattern: /\/ledger\/ledger\.sqlite/,
    dump: '../backup/ledger-2026-11-24.sqlite',
    programs: ['sqlite3'],
    missing: undefined,
    open: async (dir, checkout) => {
      const path = join(dir, 'ledger/ledger.sqlite')
      const query = async (sql: string) => {
        const db = new Database(path)
        const statement = db.prepare(sql)
        const rows = statement.reader ? statement.all() : statement.run()
        db.close()
        return rows
      }
      const wipe = async (): Promise<void> => rmSync(path)
      const end = async (): Promise<void> => undefined
      return { dir, checkout, env: {}, url: `sqlite:${path}`, query, wipe, end }
    },
  },
  {
    ...POSTGRES,
    title: 'PostgreSQL of the Compose file',
    pattern: /^docker compose/,
    open: async (dir, checkout) => {
      writeFileSync(join(checkout, 'deploy/.env'), 'OKTA_ORG_URL=https://acme.okta.com\n')
      const place = await withServer('postgres', postgresAt)
      return { dir, checkout, ...place, env: { IN_CONTAINER: JSON.stringify(place.env) } }
    },
  },
  {
    ...POSTGRES,
    title: 'PostgreSQL elsewhere',
    pattern: /^pg_/,
    open: async (dir, checkout) => ({
      dir,
      checkout,
      ...(await withServer('postgres', postgresAt)),
    }),
  },
  {
    title: 'MySQL and MariaDB',
    pattern: /^mysql/,
    dump: 'ledger.sql',
    programs: ['mysqldump', 'mysql'],
    missing: missingPrograms('mysql'),
    open: async (dir, checkout) => ({
      dir,
      checkout,
      ...(await withServer('mysql', (server) => mysqlAt(server, checkout))),
    }),
  },
]

const missingOf = ({ programs, missing }: Kind): string | undefined =>
  missing ?? programs.find((name) => spawnSync(name, ['--version']).error !== undefined)

describe.each(KINDS)('a ledger in $title', (kind) => {
  const { pattern, dump, open } = kind
  const missing = missingOf(kind)
  if (missing !== undefined) console.warn(`skipped: backup of ${kind.title}: ${missing}`)
  const root = makeTempDir()
  const workplace = makeWorkplace(root)
  const path = join(workplace.checkout, dump)
  let place: Place

  const run = (section: string) => {
    const script = printed(section, pattern).replaceAll('ledger.example.com', '127.0.0.1')
    return workplace.run(script, place.env)
  }
  const accounts = () => place.query('SELECT account FROM ledger_accounts')

  beforeAll(async () => {
    if (missing === undefined) place = await open(root, workplace.checkout)
  })
  afterAll(async () => {
    if (missing === undefined) await place.end()
    removeDir(root)
  })

  it.skipIf(missing)(
    'is not backed up before it exists: that is an error, and no file is written',
    () => {
      const { status } = run('Backup')
      expect(status).not.toBe(0)
      expect(existsSync(path)).toBe(false)
    },
  )

  it.skipIf(missing)('is backed up while it is in use, and can be restored', async () => {
    const ledger = openLedgerDatabase({ url: place.url })
    await ledger.migrate()
    await place.query("INSERT INTO ledger_accounts (account) VALUES ('somebody')")
    const backup = run('Backup')
    expect([backup.status, backup.stderr]).toEqual([0, ''])
    expect(backup.stdout).toMatch(/ledger_decisions|^0\n$/)

    await ledger.close()
    await place.query('DELETE FROM ledger_accounts')
    const restore = run('Restore')
    expect([restore.status, restore.stderr]).toEqual([0, ''])
    expect(await accounts()).toEqual([{ account: 'somebody' }])
  })

  it.skipIf(missing)('keeps the last backup where the next one fails', async () => {
    const before = readFileSync(path)
    await place.wipe()
    expect(run('Backup').status).not.toBe(0)
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})
