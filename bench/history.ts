/** Measures the questions of `who` and `decisions` over a million accounts and three million decisions. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { openLedgerDatabase } from '../src/ledger/database/database.ts'
import { openHistory, type LedgerHistory, type Subject } from '../src/ledger/database/history.ts'
import { missingPrograms, startPrivateDatabase } from '../test/support/private-databases.ts'
import { runSql } from '../test/support/ledger-sql.ts'
import { percentile } from './callers.ts'
import { inDirectory } from './import.ts'
import type { Table } from './report.ts'

const ACCOUNTS = 1_000_000
const DECISIONS = 3_000_000
const DAYS = 60
/** As many refusals in one window as a hundred a second make. */
const REFUSALS = 90_000
const ROUNDS = 300
const WINDOW_MS = 900_000

const NOW = Date.now()
const ago = (ms: number): string => new Date(NOW - ms).toISOString()

/** The differences in how numbers are made. */
interface Maker {
  readonly numbers: (count: number) => string
  readonly text: (prefix: string, n: string) => string
  readonly time: (seconds: string) => string
}

type Kind = 'sqlite' | 'postgres' | 'mysql'

const MAKERS: Readonly<Record<Kind, Maker>> = {
  sqlite: {
    numbers: (count) =>
      `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${count}) SELECT n FROM s) AS s`,
    text: (prefix, n) => `'${prefix}' || printf('%015x', (${n}) * 40503 % 1000003)`,
    time: (seconds) =>
      `strftime('%Y-%m-%dT%H:%M:%S.000Z', ${NOW / 1000} - (${seconds}), 'unixepoch')`,
  },
  postgres: {
    numbers: (count) => `generate_series(1::bigint, ${count}) AS s(n)`,
    text: (prefix, n) => `'${prefix}' || lpad(to_hex((${n})::bigint * 40503 % 1000003), 15, '0')`,
    time: (seconds) =>
      `to_char(to_timestamp(${NOW / 1000} - (${seconds})) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.000"Z"')`,
  },
  mysql: {
    numbers: (count) => `(SELECT seq AS n FROM seq_1_to_${count}) AS s`,
    text: (prefix, n) => `concat('${prefix}', lpad(lower(hex((${n}) * 40503 % 1000003)), 15, '0'))`,
    time: (seconds) =>
      `date_format(from_unixtime(${Math.floor(NOW / 1000)} - (${seconds})), '%Y-%m-%dT%H:%i:%S.000Z')`,
  },
}

const COLUMNS =
  'event_id, okta_event_id, person, caller_gone, decided_at, account, outcome, reason, wait_ms, run_ms, replica'

const statements = ({ numbers, text, time }: Maker): string[] => {
  const who = `n % ${ACCOUNTS}`
  const at = time(`(${DECISIONS} - n) * ${(DAYS * 86_400) / DECISIONS}`)
  const reason = `CASE WHEN n % 100000 = 7 THEN 'hash_truncated' WHEN n % 3 = 0 THEN 'match' ELSE 'mismatch' END`
  const outcome = `CASE WHEN n % 3 = 0 THEN 'VERIFIED' ELSE 'UNVERIFIED' END`
  const event = (prefix: string) => text(prefix, 'n * 1000')
  return [
    `INSERT INTO ledger_decisions (${COLUMNS})
     SELECT concat('e', n), ${event('o')}, ${text('p', who)}, 0, ${at}, ${text('a', who)}, ${outcome}, ${reason}, 0.1, 60, 'replica'
     FROM ${numbers(DECISIONS)}`,
    `INSERT INTO ledger_decisions (${COLUMNS})
     SELECT concat('r', n), concat('q', n), 'p attacked', 0, ${time('n / 100.0')}, 'a attacked', 'UNVERIFIED',
       CASE WHEN n % 9000 = 0 THEN 'mismatch' ELSE 'too_many_guesses' END, 0.1, 60, 'replica'
     FROM ${numbers(REFUSALS)}`,
    `INSERT INTO ledger_accounts (account) SELECT ${text('a', 'n')} FROM ${numbers(ACCOUNTS)}`,
  ]
}

/** Its defaults are for a machine with little memory. */
const MYSQL_SETTINGS = [
  'innodb_buffer_pool_size = 1073741824',
  'innodb_flush_log_at_trx_commit = 2',
]

const subjects = (name: string): Subject[] => [
  { column: 'account', name: `a${name}` },
  { column: 'person', name: `p${name}` },
]

const someone = (): string =>
  ((Math.floor(Math.random() * ACCOUNTS) * 40503) % 1000003).toString(16).padStart(15, '0')

const who = async (history: LedgerHistory, name: string): Promise<void> => {
  for (const subject of subjects(name)) {
    await history.newest({ limit: 10 }, subject)
    await history.guesses(subject, ago(WINDOW_MS))
    await history.oldest(subject, 200)
  }
}

const anyTime = (): string => ago(Math.random() * DAYS * 86_400_000)

const QUESTIONS: readonly [string, number, (history: LedgerHistory) => Promise<unknown>][] = [
  ['one person: last 10 decisions, and what counts', ROUNDS, (h) => who(h, someone())],
  [
    'the same for an account with 90,000 refusals in 15 minutes',
    ROUNDS,
    (h) => who(h, ' attacked'),
  ],
  ['100 decisions since a time', ROUNDS, (h) => h.newest({ since: anyTime(), limit: 100 })],
  [
    '100 decisions of one login since a time',
    ROUNDS,
    (h) => h.newest({ since: anyTime(), limit: 100 }, { column: 'account', name: `a${someone()}` }),
  ],
  [
    'a rare reason in the last 24 hours (140,000 decisions)',
    10,
    (h) => h.newest({ since: ago(86_400_000), limit: 100, reason: 'hash_truncated' }),
  ],
  [
    'a rare reason in 60 days',
    3,
    (h) => h.newest({ since: ago(61 * 86_400_000), limit: 100, reason: 'hash_truncated' }),
  ],
  ['a poll of --follow', ROUNDS, async (h) => h.after((await h.lastId()) - 500, 1000)],
]

const timesOf = async (rounds: number, ask: () => Promise<unknown>) => {
  const times: { readonly ms: number }[] = []
  for (let i = 0; i < rounds; i++) {
    const began = performance.now()
    await ask()
    times.push({ ms: performance.now() - began })
  }
  return times
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

/** Removes what the last addition added, so that it can be timed on full tables. */
const timeAddition = async (url: string): Promise<number> => {
  await runSql(url, "DELETE FROM ledger_additions WHERE name = 'unlock'")
  for (const name of ['actor', 'note']) {
    await runSql(url, `ALTER TABLE ledger_decisions DROP COLUMN ${name}`)
  }
  const database = openLedgerDatabase({ url })
  const began = performance.now()
  await database.migrate()
  const took = performance.now() - began
  await database.close()
  return took
}

const measureKind = async (kind: Kind, url: string): Promise<Record<string, string>> => {
  const database = openLedgerDatabase({ url })
  await database.migrate()
  await database.close()
  if (kind === 'mysql')
    for (const setting of MYSQL_SETTINGS) await runSql(url, `SET GLOBAL ${setting}`)
  for (const statement of statements(MAKERS[kind])) await runSql(url, statement)
  if (kind === 'sqlite') new Database(url.slice('sqlite:'.length)).exec('PRAGMA wal_checkpoint')
  else await runSql(url, `ANALYZE ${kind === 'mysql' ? 'TABLE' : ''} ledger_decisions`)
  const cells: Record<string, string> = {}
  const history = openHistory({ url }, true)
  for (const [what, rounds, ask] of QUESTIONS) {
    const times = await timesOf(rounds, () => ask(history))
    cells[what] = `${ms(percentile(times, 0.5))} / ${ms(percentile(times, 0.95))}`
  }
  await history.close()
  cells['the two new columns, added to full tables'] = ms(await timeAddition(url))
  return cells
}

export const measureHistory = async (): Promise<Table> => {
  const results: Record<string, string>[] = []
  results.push(
    await inDirectory((dir) => measureKind('sqlite', `sqlite:${join(dir, 'ledger.sqlite')}`)),
  )
  for (const kind of ['postgres', 'mysql'] as const) {
    if (missingPrograms(kind) !== undefined) continue
    const server = await startPrivateDatabase(kind)
    results.push(await measureKind(kind, server.url).finally(() => server.remove()))
  }
  const questions = Object.keys(results[0] ?? {})
  return {
    title: `The ledger's answers to \`who\` and \`decisions\`: ${ACCOUNTS.toLocaleString('en')} accounts, ${DECISIONS.toLocaleString('en')} decisions; median / p95 in ms`,
    note: `MariaDB with ${MYSQL_SETTINGS.join(' and ')}, the others with their defaults.`,
    head: ['question', 'SQLite', 'PostgreSQL', 'MariaDB'],
    rows: questions.map((what) => [what, ...results.map((cells) => cells[what] ?? '')]),
  }
}
