/** `okta-migrate decisions`: since when, of whom, and each once while they come. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { decisionsCommand } from '../../src/commands/decisions/decisions.ts'
import { createFollower } from '../../src/commands/decisions/follow.ts'
import { readSince } from '../../src/commands/decisions/since.ts'
import { createNamers } from '../../src/commands/fingerprints.ts'
import { KNOWN_REASONS } from '../../src/commands/who/decision-words.ts'
import { REASONS } from '../../src/hook/decision.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import type { PastDecision } from '../../src/ledger/database/history.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { startCommand } from '../support/command.ts'
import { runInProcess } from '../support/in-process.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

process.env['TZ'] = 'Europe/Berlin'

/** 9:16 in Berlin. */
const NOW = Date.parse('2026-11-27T08:16:00.000Z')
const KEY = 'a key for tests only'
const { nameLogin } = createNamers({ key: KEY, isDerived: false, logins: 'fingerprint' })

const makeLedger = async (entries: readonly LedgerEntry[]) => {
  const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  if (entries.length > 0) await database.write(entries)
  return { database, env: { LEDGER_DB_URL: url, FINGERPRINT_KEY: KEY } }
}

const clock = { ...systemClock, epochMs: () => NOW }

const run = (args: readonly string[], env: Record<string, string>) =>
  runInProcess((perform) => decisionsCommand(perform, clock), args, env)

const ISAAC = nameLogin('isaac@example.com')

const ENTRIES = [
  entry({ decidedAt: '2026-11-26T22:59:00.000Z', reason: 'disabled', replica: 'b' }),
  entry({ decidedAt: '2026-11-27T07:59:59.999Z', account: ISAAC }),
  entry({ decidedAt: '2026-11-27T08:00:00.000Z', account: ISAAC, reason: 'hash_truncated' }),
  entry({ decidedAt: '2026-11-27T08:04:12.345Z', outcome: 'VERIFIED', reason: 'match' }),
]

describe('decisions', () => {
  const minutesOf = async (...args: readonly string[]): Promise<string[]> => {
    const { env } = await makeLedger(ENTRIES)
    const { code, stdout, stderr } = await run([...args, '--json'], env)
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n').filter((line) => line !== '')
    return lines.map((line) => (JSON.parse(line) as { at: string }).at.slice(11, 16))
  }

  it('are those of the last 24 hours, oldest first, with the local time and its zone', async () => {
    const { env } = await makeLedger(ENTRIES)
    const { stdout } = await run([], env)
    expect(stdout).toBe(`2026-11-26 23:59:00 CET  account  UNVERIFIED  disabled account  bcrypt 10
2026-11-27 08:59:59 CET  ${ISAAC}  UNVERIFIED  wrong password  bcrypt 10
2026-11-27 09:00:00 CET  ${ISAAC}  UNVERIFIED  hash cut off  bcrypt 10
2026-11-27 09:04:12 CET  account  VERIFIED    right password  bcrypt 10
`)
  })

  it('can be chosen by time, reason, login and number', async () => {
    expect(await minutesOf('--since', '9:00')).toEqual(['08:00', '08:04'])
    expect(await minutesOf('--since', '2026-11-27')).toEqual(['07:59', '08:00', '08:04'])
    expect(await minutesOf('--since', '15m')).toEqual(['08:04'])
    expect(await minutesOf('--limit', '2')).toEqual(['08:00', '08:04'])
    expect(await minutesOf('--reason', 'disabled')).toEqual(['22:59'])
    expect(await minutesOf('--login', ' Isaac@Example.com')).toEqual(['07:59', '08:00'])
    expect(await minutesOf('--login', 'isaac@example.com', '--since', '09:00')).toEqual(['08:00'])
  })

  it('are said to be none, in words alone', async () => {
    const { env } = await makeLedger(ENTRIES)
    const none = await run(['--since', '0m'], env)
    expect([none.code, none.stdout]).toEqual([0, 'No decisions since 2026-11-27 09:16:00 CET.\n'])
    const other = await run(['--since', '15m', '--reason', 'disabled'], env)
    expect(other.stdout).toBe('No such decisions since 2026-11-27 09:01:00 CET.\n')
    expect((await run(['--since', '0m', '--json'], env)).stdout).toBe('')
  })

  it('as JSON have the fields of the ledger', async () => {
    const { env } = await makeLedger(ENTRIES.slice(0, 1))
    const { stdout } = await run(['--json'], env)
    expect(JSON.parse(stdout)).toEqual({
      ...{ event: 'decision', at: '2026-11-26T22:59:00.000Z', outcome: 'UNVERIFIED' },
      ...{ reason: 'disabled', login: 'account', person: 'person', family: 'bcrypt', cost: 10 },
      ...{ callerGone: false, replica: 'b' },
    })
  })

  it('need the ledger and its key', async () => {
    const { code, stderr } = await run([], {})
    expect(code).toBe(2)
    expect(stderr).toMatch(/LEDGER_DB_URL is missing[^]*FINGERPRINT_KEY is missing/)
  })

  it('can have every reason of the hook', () => {
    expect(KNOWN_REASONS).toEqual([...REASONS, 'unlocked'])
  })
})

describe('a beginning', () => {
  const iso = (text: string): string => new Date(readSince(text, NOW)).toISOString()

  it.each([
    ['09:16', '2026-11-27T08:16:00.000Z'],
    ['9:17', '2026-11-26T08:17:00.000Z'],
    ['0:00', '2026-11-26T23:00:00.000Z'],
    ['30m', '2026-11-27T07:46:00.000Z'],
    ['2h', '2026-11-27T06:16:00.000Z'],
    ['3d', '2026-11-24T08:16:00.000Z'],
    ['2026-10-25', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', '2026-10-25T23:00:00.000Z'],
    ['2026-11-27T09:00', '2026-11-27T08:00:00.000Z'],
    ['2026-11-27T09:00:30Z', '2026-11-27T09:00:30.000Z'],
    ['2026-11-27T09:00+05:45', '2026-11-27T03:15:00.000Z'],
  ])('of %s is %s', (text, at) => {
    expect(iso(text)).toBe(at)
  })

  it.each(['', 'x', '24:00', '9:60', '9', '2', '-2h', '1.5h', '2w', '2026-02-30', '2026-13-01'])(
    'of "%s" is refused',
    (text) => {
      expect(() => readSince(text, NOW)).toThrow('Use a time such as 09:00')
    },
  )
})

describe('--follow', () => {
  it('prints each decision once, also those that were there, until Ctrl-C', async () => {
    const now = (): string => new Date().toISOString()
    const { database, env } = await makeLedger([
      entry({ account: 'old', decidedAt: '2026-01-01T00:00:00.000Z' }),
      entry({ account: 'first', decidedAt: now() }),
    ])
    const follower = startCommand(
      ['decisions', '--follow', '--since', '1h', '--reason', 'mismatch', '--json'],
      env,
      null,
    )
    await follower.until(/"login":"first"/)
    const more = [
      entry({ account: 'second', decidedAt: now() }),
      entry({ account: 'not wanted', decidedAt: now(), reason: 'disabled' }),
    ]
    await database.write(more)
    await follower.until(/"login":"second"/)
    // Decided long ago, by a replica that was cut off.
    await database.write([entry({ account: 'third', decidedAt: '2026-02-01T00:00:00.000Z' })])
    await follower.until(/"login":"third"/)
    follower.child.kill('SIGINT')
    const { code, stdout, stderr } = await follower.ended
    expect([code, stderr]).toEqual([0, ''])
    const logins = [...stdout.matchAll(/"login":"(\w+)"/g)].map(([, login]) => login)
    expect(logins).toEqual(['first', 'second', 'third'])
    await database.close()
  })

  const ledgerOf = (committed: Set<number>) => {
    const ids = (): number[] => [...committed].sort((a, b) => a - b)
    return {
      lastId: async () => ids().at(-1) ?? 0,
      after: async (id: number, limit: number) =>
        ids()
          .filter((each) => each > id)
          .slice(0, limit)
          .map((each) => ({ id: each }) as PastDecision),
    }
  }

  it('returns rows that appear late, each once, and none of before', async () => {
    const committed = new Set([1, 2, 5])
    const list = async () => {
      committed.add(6)
      return [5, 6].map((id) => ({ id }) as PastDecision)
    }
    const { first, next } = await createFollower(ledgerOf(committed), list)
    expect(first).toHaveLength(2)
    const ids = async (): Promise<number[]> => (await next()).map(({ id }) => id)
    expect(await ids()).toEqual([])
    committed.add(7).add(4)
    expect(await ids()).toEqual([4, 7])
    committed.add(3).add(8)
    expect(await ids()).toEqual([3, 8])
    expect(await ids()).toEqual([])
  })

  it('keeps up with more than a page between two polls', async () => {
    const committed = new Set([1])
    const { next } = await createFollower(ledgerOf(committed), async () => [])
    for (let id = 2; id <= 3_500; id++) committed.add(id)
    expect(await next()).toHaveLength(3_499)
    expect(await next()).toEqual([])
  })
})

describe('--forget-before', () => {
  const old = (account: string, more: Partial<LedgerEntry> = {}) =>
    entry({ account, decidedAt: '2026-09-01T08:00:00.000Z', ...more })

  const readAll = async ({ LEDGER_DB_URL: url = '' }: Record<string, string>) =>
    (await runSql(url, 'SELECT account FROM ledger_decisions ORDER BY id')).map(
      ({ account }) => account,
    )

  it('deletes what is older, after a question, and says how large the ledger is', async () => {
    const verified = old('moved', { outcome: 'VERIFIED', reason: 'match' })
    const { env } = await makeLedger([old('a'), old('b'), verified, ...ENTRIES])
    const dry = await run(['--forget-before', '30d', '--dry-run'], env)
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    expect(dry.stdout).toMatch(
      /: 2 decisions that are not VERIFIED, before 2026-10-28 09:16:00 CET\.\n$/,
    )
    const refused = await run(['--forget-before', '30d'], env)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('--yes')
    expect(await readAll(env)).toHaveLength(3 + ENTRIES.length)
    const { code, stdout } = await run(['--forget-before', '30d', '--yes'], env)
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /Deleted 2 decisions, and 2 logins that have none left\. The ledger has \d+ KiB, 0 KiB of them free/,
    )
    expect(await readAll(env)).toEqual(['moved', ...ENTRIES.map(({ account }) => account)])
    const all = ['--forget-before', '2026-10-01', '--with-verified', '--yes', '--json']
    const lines = (await run(all, env)).stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'old', before: '2026-09-30T22:00:00.000Z', decisions: 1, withVerified: true },
      { event: 'forgotten', decisions: 1, logins: 1, finished: true },
    ])
    expect(await readAll(env)).toHaveLength(ENTRIES.length)
  })

  it.each(['23h', '2026-11-27', '2026-12-01', '09:00'])('refuses %s', async (time) => {
    const { env } = await makeLedger(ENTRIES)
    const { code, stderr } = await run(['--forget-before', time, '--yes'], env)
    expect(code).toBe(2)
    expect(stderr).toContain('24 hours ago or more')
    expect(await readAll(env)).toHaveLength(ENTRIES.length)
  })

  it('says what was deleted, also where it cannot go on', async () => {
    const { env } = await makeLedger([old('a'), old('b')])
    const sql = "BEGIN SELECT RAISE(ABORT, 'permission denied'); END"
    await runSql(env.LEDGER_DB_URL, `CREATE TRIGGER no BEFORE DELETE ON ledger_accounts ${sql}`)
    const ended = await run(['--forget-before', '30d', '--yes'], env)
    expect(ended.code).toBeGreaterThan(1)
    expect(ended.stderr).toMatch(/^Deleted 2 decisions, and 0 logins[^]+LEDGER_DB_URL/)
    expect(await readAll(env)).toEqual([])
  })

  it('needs the ledger and no key, and its options belong to it', async () => {
    const { env } = await makeLedger([old('a')])
    const keyless = { ...env, FINGERPRINT_KEY: '' }
    expect(await run(['--forget-before', '30d', '--yes'], keyless)).toMatchObject({ code: 0 })
    expect((await run(['--forget-before', '30d'], {})).stderr).toContain('LEDGER_DB_URL is missing')
    for (const option of ['--yes', '--dry-run', '--with-verified']) {
      expect(await run([option], env)).toMatchObject({ code: 2 })
    }
  })
})
