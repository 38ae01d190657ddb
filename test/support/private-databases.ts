/** Private database servers, which a test may kill and restart, where their programs are installed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { until } from './until.ts'

export interface PrivateDatabase {
  /** The URL of a database that is empty at first. */
  readonly url: string
  /** The root process of the server. */
  pid(): number
  /** Ends the server as a crash does: connections are not closed properly, nothing is cleaned up. */
  down(): Promise<void>
  /** Starts it again on the same port; resolves when it answers. */
  up(): Promise<void>
  /** Ends it permanently. */
  remove(): Promise<void>
}

/** The differences between the kinds of servers. */
interface Kind {
  readonly programs: readonly string[]
  /** Arguments of the programs, in their order: one makes the files, one serves. */
  readonly make: (dir: string) => readonly string[]
  readonly serve: (dir: string, port: number) => readonly string[]
  readonly killSignal: NodeJS.Signals
  readonly urlAt: (port: number) => string
  readonly query: (url: string, sql: string) => Promise<unknown>
}

type Name = 'postgres' | 'mysql'

const KINDS: Readonly<Record<Name, Kind>> = {
  postgres: {
    programs: ['initdb', 'postgres'],
    make: (dir) => ['-D', dir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'],
    serve: (dir, port) => ['-D', dir, '-p', `${port}`, '-h', '127.0.0.1', '-k', ''],
    // "Shutting Down the Server": at once, and the next start recovers. SIGKILL leaves its children.
    killSignal: 'SIGQUIT',
    urlAt: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    query: async (connectionString, sql) => {
      const client = new pg.Client({ connectionString })
      // A session that is cut off also reports it here.
      client.on('error', () => undefined)
      await client.connect()
      return client.query(sql).finally(() => client.end())
    },
  },
  mysql: {
    programs: ['mariadb-install-db', 'mariadbd'],
    make: (dir) => [
      '--no-defaults',
      `--datadir=${dir}`,
      '--auth-root-authentication-method=normal',
      '--skip-name-resolve',
    ],
    serve: (dir, port) => [
      '--no-defaults',
      `--datadir=${dir}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${dir}/socket`,
      `--pid-file=${dir}/pid`,
    ],
    killSignal: 'SIGKILL',
    // The database that exists from the start.
    urlAt: (port) => `mysql://root@127.0.0.1:${port}/test`,
    query: async (uri, sql) => {
      const connection = await createConnection({ uri })
      return connection.query(sql).finally(() => connection.end())
    },
  },
}

const debianDirs = (): string[] => {
  const versions = '/usr/lib/postgresql'
  return existsSync(versions) ? readdirSync(versions).map((v) => join(versions, v, 'bin')) : []
}

export const findProgram = (program: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', ...debianDirs()]
    .map((dir) => join(dir, program))
    .find((path) => existsSync(path))

/** Servers refuse to run as root. */
export const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

export const makeServerDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'database-'))
  chmodSync(dir, 0o700)
  if (NOBODY.uid !== undefined) chownSync(dir, NOBODY.uid, NOBODY.gid)
  return dir
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Why there cannot be one. */
export const missingPrograms = (kind: Name): string | undefined => {
  const missing = KINDS[kind].programs.filter((program) => findProgram(program) === undefined)
  return missing.length > 0 ? `${missing.join(', ')} not installed` : undefined
}

/** Creates a server with its files in a separate directory, and starts it. */
export const startPrivateDatabase = async (name: Name): Promise<PrivateDatabase> => {
  const { programs, make, serve, killSignal, urlAt, query } = KINDS[name]
  const [maker = '', server = ''] = programs.map((program) => findProgram(program) ?? program)
  const dir = makeServerDir()
  const made = spawnSync(maker, make(join(dir, 'data')), { ...NOBODY, cwd: dir })
  if (made.status !== 0) throw new Error(`${maker}: ${made.stderr.toString()}`)
  const port = await freePort()
  const url = urlAt(port)
  let child: ChildProcess | undefined

  const answers = (): Promise<boolean> =>
    query(url, 'SELECT 1').then(
      () => true,
      () => false,
    )
  const up = async (): Promise<void> => {
    const started = spawn(server, serve(join(dir, 'data'), port), {
      ...NOBODY,
      cwd: dir,
      stdio: 'ignore',
    })
    child = started
    await until(`${server} answers`, () => {
      if (started.exitCode !== null) throw new Error(`${server} ended with ${started.exitCode}`)
      return answers()
    })
  }
  const down = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return
    child.kill(killSignal)
    await once(child, 'exit')
  }
  await up()
  return {
    url,
    pid: () => child?.pid ?? 0,
    down,
    up,
    remove: async () => {
      await down()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
