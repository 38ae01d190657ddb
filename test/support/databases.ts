/** The database servers that tests may use, if they are there: each test file gets its own database. */
import Database from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { describe, it, onTestFinished } from 'vitest'
import { makeTempDir, removeDir } from './temp.ts'

const CONNECT_LIMIT_MS = 3_000

export interface TestDatabase {
  /** As LEGACY_DB_URL takes it. */
  readonly url: string
  /** Runs statements one after the other. */
  exec(...statements: readonly string[]): Promise<void>
  drop(): Promise<void>
}

export type Dialect = 'sqlite' | 'postgres' | 'mysql'

export interface Kind {
  readonly title: string
  readonly dialect: Dialect
  readonly defaultPort: number
  /** The statements of the schema in `legacy-db/`. */
  readonly schema: readonly string[]
  /** @param more SQL that follows CREATE DATABASE and the name */
  readonly create: (more?: string) => Promise<TestDatabase>
  /** Why there is no server to test with. */
  readonly missing: () => Promise<string | undefined>
}

const schemaIn = (name: string): string[] =>
  readFileSync(new URL(`../../legacy-db/${name}`, import.meta.url), 'utf8')
    .split(/;$/m)
    .filter((statement) => statement.trim() !== '')

const freshName = (): string => `okta_migrate_test_${randomBytes(6).toString('hex')}`

const SQLITE: Kind = {
  title: 'SQLite',
  dialect: 'sqlite',
  defaultPort: 0,
  schema: schemaIn('schema.sql'),
  create: async () => {
    const dir = makeTempDir()
    const path = join(dir, 'legacy.sqlite')
    const db = new Database(path)
    return {
      url: `sqlite:${path}`,
      exec: async (...statements) => {
        for (const statement of statements) db.exec(statement)
      },
      drop: async () => {
        db.close()
        removeDir(dir)
      },
    }
  },
  missing: async () => undefined,
}

interface Session {
  query(sql: string): Promise<unknown>
  end(): Promise<void>
}

interface ServerKind extends Pick<Kind, 'title' | 'defaultPort' | 'schema'> {
  readonly dialect: Dialect
  readonly variable: string
  readonly fallback: string
  readonly user: string
  readonly connect: (url: string) => Promise<Session>
}

const onServer = ({ variable, fallback, user, connect, ...kind }: ServerKind): Kind => {
  const main = new URL(process.env[variable] ?? fallback)
  main.username ||= user
  return {
    ...kind,
    create: async (more = '') => {
      const name = freshName()
      const run = async (sql: string): Promise<void> => {
        const session = await connect(main.href)
        await session.query(sql).finally(() => session.end())
      }
      await run(`CREATE DATABASE ${name} ${more}`)
      const url = new URL(main.href)
      url.pathname = `/${name}`
      const own = await connect(url.href)
      return {
        url: url.href,
        exec: async (...statements) => {
          for (const statement of statements) await own.query(statement)
        },
        drop: async () => {
          await own.end()
          await run(`DROP DATABASE ${name} ${kind.dialect === 'postgres' ? 'WITH (FORCE)' : ''}`)
        },
      }
    },
    missing: async () => {
      try {
        await (await connect(main.href)).end()
        return undefined
      } catch (err) {
        const { code } = err as { code?: string }
        return `none answers at ${main.host} (${code ?? 'no answer'}); ${variable} may name one`
      }
    },
  }
}

export const POSTGRES = onServer({
  title: 'PostgreSQL',
  dialect: 'postgres',
  defaultPort: 5432,
  schema: schemaIn('schema.postgres.sql'),
  variable: 'TEST_POSTGRES_URL',
  fallback: 'postgres://postgres@127.0.0.1:5432/test',
  user: 'postgres',
  connect: async (connectionString) => {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      // Tables that exist for seconds need not reach the disk.
      options: '-c synchronous_commit=off',
    })
    await client.connect()
    return client
  },
})

export const MYSQL = onServer({
  title: 'MySQL',
  dialect: 'mysql',
  defaultPort: 3306,
  schema: schemaIn('schema.mysql.sql'),
  variable: 'TEST_MYSQL_URL',
  fallback: 'mysql://root@127.0.0.1:3306/test',
  user: 'root',
  connect: (uri) => createConnection({ uri, connectTimeout: CONNECT_LIMIT_MS }),
})

export const SERVERS: readonly Kind[] = [POSTGRES, MYSQL]
export const ALL_KINDS: readonly Kind[] = [SQLITE, ...SERVERS]

/** Creates a database that is dropped when the test is over. @returns its URL */
export const freshDatabase = async ({ create }: Kind): Promise<string> => {
  const database = await create()
  onTestFinished(() => database.drop())
  return database.url
}

const isRequired = process.env['REQUIRE_DATABASES'] === '1'

/**
 * Declares the same tests for each kind. Where no server is reachable they are skipped with a message, or
 * fail where REQUIRE_DATABASES=1 says that there must be one.
 */
export const describeEach = async <K extends Pick<Kind, 'title' | 'missing'>>(
  kinds: readonly K[],
  what: string,
  declare: (kind: K) => void,
): Promise<void> => {
  for (const kind of kinds) {
    const missing = await kind.missing()
    const title = `${what} in ${kind.title}`
    if (missing === undefined) describe(title, () => declare(kind))
    else if (isRequired) {
      it(title, () => {
        throw new Error(missing)
      })
    } else {
      console.warn(`skipped: ${title}, since ${missing}`)
      describe.skip(title, () => declare(kind))
    }
  }
}
