/** Random stores, judged by `okta-migrate audit` and by the hook itself: both must say the same of each account. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { foldLogin, normaliseLogin } from '../../src/login.ts'
import { runAudit } from '../support/audit.ts'
import { HASH_VECTORS } from '../support/hash-vectors.ts'
import { startHook } from '../support/hook.ts'
import { openLegacy } from '../support/legacy.ts'
import { tempDir } from '../support/temp.ts'

const SQL = 'SELECT id, login, password_hash, enabled FROM people'
/** What no sampled row may show: the server does not start where a flag cannot be read. */
const PLAIN = 60
const FIND = 'WHERE found_by = :login'
/** Numbers that look random, and are the same in each run. */
const createRandom = (seed: number) => {
  let state = seed
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const NAMES = [
  'ann@example.com',
  'Ann@Example.com',
  ' bob@example.com ',
  'zoe@example.com',
  'Zoë@example.com',
  'ПЁТР@пример.рф',
  'kaß@example.com',
  'İpek@example.com',
  'か@example.com',
  'が@example.com',
  '😀@example.com',
  'tab\t@example.com',
  'line\n"quote",@example.com',
  'paragraph\u2028@example.com',
  '=cmd@example.com',
  '\ufeffmark@example.com',
  '7',
  '',
  '   ',
  null,
  'x'.repeat(320),
  'y'.repeat(321),
  'y'.repeat(322),
]
const FLAGS: readonly unknown[] = [
  ...[1, 1, 1, 1, 1, 1, null, 'Y', ' true ', 'T', 'on', Buffer.from('yes')],
  ...[0, 'N', 'off', 'false', '', 'perhaps', 2, 'yes!', Buffer.from([0xff])],
]

const BCRYPT = { encoded: hashSync('right', 4), password: 'right' }

interface Counts {
  readonly verifiable: readonly { readonly count: number }[]
  readonly blocked: Readonly<Record<string, number>>
  readonly disabled: number
  readonly routes: Readonly<Record<string, number>>
}

interface Account {
  readonly id: number
  readonly login: string | null
  readonly password: string
  readonly hash: unknown
  readonly enabled: unknown
}

const SOUND = HASH_VECTORS.filter(
  ({ expect: wanted, config, password }) =>
    wanted === 'match' && config === undefined && password !== '',
)

const damage = (random: () => number, encoded: string): unknown => {
  const at = Math.floor(random() * encoded.length)
  const all = [
    ...Array<string>(6).fill(encoded),
    Buffer.from(encoded),
    encoded.slice(0, at),
    `${encoded}${' '.repeat(3)}`,
    `${encoded}\0`,
    `\ufeff${encoded}`,
    `${encoded.slice(0, at)}!${encoded.slice(at + 1)}`,
    Buffer.concat([Buffer.from(encoded.slice(0, at)), Buffer.from([0xff])]),
    Buffer.from('é'),
    '',
    null,
    12_345,
    1.5,
  ]
  return all[Math.floor(random() * all.length)]
}

const makeAccounts = (random: () => number, count: number): Account[] => {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  return Array.from({ length: count }, (_, i) => {
    const sound = random() < 0.5 ? BCRYPT : pick(SOUND)
    const name = random() < 0.35 ? pick(NAMES) : `person.${i}@example.com`
    const isPlain = i < PLAIN
    return {
      id: i + 1,
      login: isPlain ? `plain.${i}@example.com` : name,
      password: sound.password,
      hash: damage(random, sound.encoded),
      enabled: isPlain ? 1 : pick(FLAGS),
    }
  })
}

const storeOf = (accounts: readonly Account[]): string => {
  const path = join(tempDir(), 'store.sqlite')
  const db = new Database(path)
  db.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, login, password_hash, enabled, found_by)')
  const insert = db.prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?)')
  for (const { id, login, hash, enabled } of accounts) {
    insert.run(id, login, hash, enabled, login === null ? null : normaliseLogin(login))
  }
  db.exec('CREATE INDEX people_found_by ON people (found_by)')
  db.close()
  return `sqlite:${path}`
}

const idsOf = (lines: readonly string[]): Set<string> =>
  new Set(lines.map((line) => line.split(',')[0] ?? ''))

const audit = async (url: string) => {
  const { stdout, stderr, blocked, routes } = await runAudit(
    {
      LEGACY_DB_URL: url,
      LEGACY_AUDIT_SQL: SQL,
      LEGACY_LOOKUP_SQL: `SELECT id, login, password_hash, 1 AS enabled FROM people ${FIND}`,
    },
    ...['--sample', '0', '--json'],
  )
  // Its progress, where the machine is slow.
  expect(stderr.replaceAll('measuring the speed of checks\n', '')).toBe('')
  return {
    result: JSON.parse(stdout) as Counts,
    blocked: idsOf(blocked),
    disabled: idsOf(routes.filter((line) => line.endsWith(',skip,disabled'))),
  }
}

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0)

/** Okta cannot have both, so the audit blocks them, though this lookup finds each by its own spelling. */
const hasTwin = (accounts: readonly Account[], { login }: Account): boolean =>
  accounts.some(
    (other) =>
      foldLogin((other.login ?? '').trim()) === foldLogin((login ?? '').trim()) &&
      normaliseLogin(other.login ?? '') !== normaliseLogin(login ?? ''),
  )

it.each([1, 2])('who can sign in is whom the hook VERIFIES (store %d)', async (seed) => {
  const accounts = makeAccounts(createRandom(seed), 200)
  const url = storeOf(accounts)
  const { result, blocked, disabled } = await audit(url)
  const legacy = await openLegacy(url, {
    sql: `${SQL} ${FIND}`,
    auditSql: `${SQL} WHERE id <= ${PLAIN}`,
  })
  const hook = await startHook({ legacy, settings: { deadlineMs: 20_000 } })
  onTestFinished(() => hook.close())
  const allowed = accounts.filter(({ id }) => !blocked.has(`${id}`) && !disabled.has(`${id}`))
  const wrong: number[] = []
  for (const account of accounts) {
    const { id, login, password } = account
    const { text } = await hook.signIn(login ?? '', password)
    const isVerified = text.includes('"VERIFIED"')
    if (isVerified && hasTwin(accounts, account)) continue
    if (isVerified !== allowed.includes(account)) wrong.push(id)
  }
  expect(wrong).toEqual([])
  expect(allowed.length).toBeGreaterThan(25)
  expect(sum(result.verifiable.map(({ count }) => count))).toBe(allowed.length)
  expect(sum(Object.values(result.blocked))).toBe(blocked.size)
  expect(result.disabled).toBe(disabled.size)
  expect(allowed.length + blocked.size + disabled.size).toBe(accounts.length)
  expect(sum(Object.values(result.routes))).toBe(accounts.length)
})
