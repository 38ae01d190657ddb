/** Runs the soak: two replicas under load for minutes, while their databases are killed and restarted, and strangers attack. */
import { hashSync } from 'bcryptjs'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { readDecisions } from '../test/support/ledger-sql.ts'
import {
  missingPrograms,
  startPrivateDatabase,
  type PrivateDatabase,
} from '../test/support/private-databases.ts'
import { SignIns, type Reply, type SignIn } from '../test/support/sign-ins.ts'
import { percentile } from './callers.ts'
import { residentBytes } from './processes.ts'
import type { Table } from './report.ts'
import { FLOOD_CONNECTIONS, startStrangers } from './soak-strangers.ts'
import { PASSWORD, ROOT, SECRET, spawnServer, type ServerProcess } from './server.ts'

const COST = 10
const CALLERS = 75
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 10)
const SAMPLES = 6
const SAMPLE_MS = 10_000
const AWAY_MS = 3_000

/** So many that no login comes near the limit on wrong passwords. */
const PEOPLE = 20_000
const ROWS_AT_ONCE = 1_000

/** Of ten sign-ins one has a wrong password, and one an unknown login. */
const signIn = (n: number): SignIn => {
  const name = `person${n % PEOPLE}@example.com`
  const kind = n % 10
  return {
    username: kind === 7 ? `no-${name}` : name,
    password: kind === 3 ? 'open barley' : PASSWORD,
    outcome: kind === 3 || kind === 7 ? 'UNVERIFIED' : 'VERIFIED',
  }
}

const SLOW = "the ledger's disk is slow"

const fillLegacy = async (uri: string): Promise<void> => {
  const connection = await createConnection({ uri })
  await connection.query(readFileSync(new URL('legacy-db/schema.mysql.sql', ROOT), 'utf8'))
  const hash = hashSync(PASSWORD, COST)
  for (let from = 0; from < PEOPLE; from += ROWS_AT_ONCE) {
    const rows = Array.from({ length: ROWS_AT_ONCE }, (_, i) => [
      `person${from + i}@example.com`,
      hash,
    ])
    await connection.query('INSERT INTO accounts (login, password_hash) VALUES ?', [rows])
  }
  await connection.end()
}

const waiting = async ({ url }: ServerProcess): Promise<number> => {
  const { ledger } = (await (await fetch(`${url}/readyz`)).json()) as {
    ledger: { waiting: number }
  }
  return ledger.waiting
}

const restart = async (database: PrivateDatabase): Promise<void> => {
  await database.down()
  await sleep(AWAY_MS)
  await database.up()
}

interface Minute {
  readonly restarted: string
  readonly replies: readonly Reply[]
  /** The largest of the minute's samples, for each replica. */
  readonly resident: readonly number[]
}

const playMinute = async (
  name: string,
  database: PrivateDatabase,
  servers: readonly ServerProcess[],
  signIns: SignIns,
): Promise<Minute> => {
  const from = signIns.replies.length
  const samples: number[][] = []
  const sample = async (): Promise<void> => {
    for (let i = 0; i < SAMPLES; i++) {
      await sleep(SAMPLE_MS)
      samples.push(servers.map(({ pid }) => residentBytes(pid)))
    }
  }
  await Promise.all([sample(), sleep(SAMPLE_MS).then(() => restart(database))])
  return {
    restarted: name,
    replies: signIns.replies.slice(from),
    resident: servers.map((_, i) => Math.max(...samples.map((sizes) => sizes[i] ?? NaN))),
  }
}

const rowOf = ({ restarted, replies, resident }: Minute, i: number): string[] => {
  const answers = replies.filter(({ status }) => status === 200)
  const count = (of: (reply: Reply) => boolean): string => String(replies.filter(of).length)
  return [
    String(i + 1),
    restarted,
    String(answers.length),
    count(({ status }) => status === 503),
    count(({ status }) => status === 0),
    ...[0.5, 0.99, 1].map((share) => percentile(answers, share).toFixed(0)),
    ...resident.map((bytes) => (bytes / 2 ** 20).toFixed(0)),
  ]
}

const play = async (ledger: PrivateDatabase, legacy: PrivateDatabase, dirs: readonly string[]) => {
  await fillLegacy(legacy.url)
  const servers = await Promise.all(
    dirs.map((dir) =>
      spawnServer({
        LEGACY_DB_URL: legacy.url,
        LEDGER_DB_URL: ledger.url,
        LEDGER_SPILL_DIR: dir,
        FINGERPRINT_KEY: SECRET,
        // Two replicas share the cores.
        HASH_WORKERS: '1',
      }),
    ),
  )
  const signIns = new SignIns({ secret: SECRET, urls: servers.map(({ hook }) => hook), signIn })
  signIns.start(CALLERS)
  const endStrangers = startStrangers(servers, signIns)
  const minutes: Minute[] = []
  for (let i = 0; i < MINUTES; i++) {
    minutes.push(
      await (i % 2 === 0
        ? playMinute('PostgreSQL', ledger, servers, signIns)
        : playMinute('MariaDB', legacy, servers, signIns)),
    )
  }
  await endStrangers()
  await signIns.stop()
  for (const server of servers) while ((await waiting(server)) > 0) await sleep(500)
  const slow = servers.flatMap((server) => server.warnings()).filter((line) => line.includes(SLOW))
  for (const server of servers) await server.stop()
  return { signIns, minutes, rows: await readDecisions(ledger.url), slow: slow.length }
}

/** @throws Error where the programs of a database are not installed */
export const measureSoak = async (): Promise<readonly Table[]> => {
  const missing = missingPrograms('postgres') ?? missingPrograms('mysql')
  if (missing !== undefined) throw new Error(`the soak needs servers that it may kill: ${missing}`)
  const databases = [await startPrivateDatabase('postgres'), await startPrivateDatabase('mysql')]
  const dirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'soak-')))
  const [ledger, legacy] = databases as [PrivateDatabase, PrivateDatabase]
  const { signIns, minutes, rows, slow } = await play(ledger, legacy, dirs).finally(async () => {
    for (const database of databases) await database.remove()
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
  })
  const { lost, repeated, wrong } = signIns.audit(rows)
  if (signIns.wrong.length + lost.length + repeated.length + wrong.length > 0) process.exitCode = 1
  const verdicts: [string, number][] = [
    ['sign-ins', signIns.right.size],
    ['answered VERIFIED or UNVERIFIED', signIns.answered.size],
    ['answered wrongly', signIns.wrong.length],
    ['decisions in the ledger', rows.length],
    ['answered and not in the ledger', lost.length],
    ['more than once in the ledger', repeated.length],
    ['wrong in the ledger', wrong.length],
    ["times that a replica's disk took longer than answers wait for it", slow],
  ]
  return [
    {
      title: `${MINUTES} minutes at ${CALLERS} callers`,
      note: `Two replicas with one worker each, at cost ${COST}; the ledger in PostgreSQL, the legacy store in MariaDB. Each minute one of the two is killed and is away for ${AWAY_MS / 1000} s. Sign-ins that get a 503 or no answer are repeated once at the other replica, as Okta and a load balancer do. Meanwhile a stranger sends pipelined calls that are refused over ${FLOOD_CONNECTIONS} connections to each replica, and a login of 60 KB comes each second.`,
      head: [
        'minute',
        'restarted',
        'answers',
        '503',
        'no answer',
        'p50 ms',
        'p99 ms',
        'longest ms',
        'MiB, replica 1',
        'MiB, replica 2',
      ],
      rows: minutes.map(rowOf),
    },
    {
      title: 'Results',
      head: ['', 'number'],
      rows: verdicts.map(([what, n]) => [what, String(n)]),
    },
  ]
}
