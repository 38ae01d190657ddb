/** `okta-migrate init`: who may sign in, as it reads that from the columns, and what it says of the others. */
import { expect, it, onTestFinished } from 'vitest'
import { guessEnabled } from '../../src/commands/init/enabled.ts'
import type { TableColumn } from '../../src/commands/init/schema.ts'
import { openSqlSource } from '../../src/import/sources/sql/sql-source.ts'
import type { DatabaseKind } from '../../src/sql/kinds.ts'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { ALL_KINDS, describeEach } from '../support/databases.ts'
import { payload } from '../support/hook.ts'
import { HASH, init } from '../support/init.ts'

const guess = async (
  kind: DatabaseKind,
  type: TableColumn['type'],
  names: string,
  words: readonly string[] = [],
) => {
  const columns = names.split(' ').map((name) => ({ name, type, isExact: true }))
  const { enabled, unused } = await guessEnabled({ path: ['t'], columns }, kind, async () => words)
  const conditions = enabled?.replace(/^CASE WHEN (.*) THEN 1 ELSE 0 END$/, '$1').split(' AND ')
  return { conditions: conditions ?? [], unused }
}

it.each<[TableColumn['type'], string, RegExp]>([
  [
    'number',
    'block blocked locked is_locked IsLockedOut disabled account_disabled banned suspended deleted is_deleted inactive user_blocked',
    /^COALESCE\(\S+, 0\) = 0$/,
  ],
  ['boolean', 'locked is_locked account_disabled', /^\w+ IS NOT TRUE$/],
  ['number', 'active is_active user_enabled account_enabled isEnabled', /^\S+ = 1$/],
  ['boolean', 'active account_enabled accountNonLocked', /^(?:\w+|"\w+")$/],
  [
    'date',
    'locked_at disabled_at suspended_at deleted_at discarded_at blocked_on banned_date',
    /^\w+ IS NULL$/,
  ],
  ['text', 'deleted_at', /^deleted_at IS NULL$/],
  ['number', 'deleted_at', /^COALESCE\(deleted_at, 0\) = 0$/],
])('of columns with a sure meaning, each %s of %j is a condition', async (type, names, form) => {
  const { conditions, unused } = await guess('postgres', type, names)
  expect(conditions).toHaveLength(names.split(' ').length)
  for (const condition of conditions) expect(condition).toMatch(form)
  expect(unused).toEqual([])
})

it('the end of a lockout is a condition where the database compares times', async () => {
  for (const [kind, now] of [
    ['postgres', 'CURRENT_TIMESTAMP'],
    ['mysql', 'UTC_TIMESTAMP()'],
  ] as const) {
    const { conditions } = await guess(kind, 'date', 'lockout_end locked_until')
    expect(conditions).toEqual([
      `(lockout_end IS NULL OR lockout_end <= ${now})`,
      `(locked_until IS NULL OR locked_until <= ${now})`,
    ])
  }
  const file = await guess('sqlite', 'date', 'lockout_end')
  expect(file).toEqual({ conditions: [], unused: ['lockout_end'] })
})

it.each<[TableColumn['type'], string]>([
  ['boolean', 'LockoutEnabled EmailConfirmed confirmed is_verified state'],
  ['date', 'confirmed_at email_verified_at password_expires activated_at status_changed'],
  ['text', 'blocked account_state discarded_reason'],
  ['other', 'active locked'],
])('of a %s in %j a person decides', async (type, names) => {
  expect(await guess('postgres', type, names)).toEqual({ conditions: [], unused: names.split(' ') })
})

it('names that only look alike are not listed', async () => {
  const names = 'bank_account band unlock_token confirmation_token TwoFactorEnabled last_activity'
  expect(await guess('mysql', 'text', names)).toEqual({ conditions: [], unused: [] })
})

/** Of a server with the file's variables, the answer to a call with the right password. */
const signIn = async (env: Record<string, string>, login: string): Promise<string> => {
  const server = startCommand(['serve'], { ...env, PORT: '0', LEDGER_DB_URL: 'off' })
  const [, url = ''] = await server.until(/"url":"(http:[^"]+)"/)
  const headers = { authorization: env['HOOK_SECRET'] ?? '', 'content-type': 'application/json' }
  const body = JSON.stringify(payload(login, 'x'))
  const answer = await (await fetch(url + HOOK_PATH, { method: 'POST', headers, body })).text()
  server.child.kill('SIGTERM')
  await server.ended
  return answer
}

await describeEach(ALL_KINDS, 'init', ({ create, dialect }) => {
  const isFile = dialect === 'sqlite'

  it('proposes that nobody may sign in of whom one column says so', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    const [time, on] = [isFile ? 'TEXT' : 'TIMESTAMP NULL', dialect === 'postgres' ? 'TRUE' : '1']
    const off = dialect === 'postgres' ? 'FALSE' : '0'
    await database.exec(
      `CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(90), password VARCHAR(90), block SMALLINT,
        is_active BOOLEAN, locked_at ${time}, lockout_end ${isFile ? 'TEXT' : 'TIMESTAMP NULL'}, confirmed_at ${time})`,
      ...[
        `1, 'good@example.com', 'HASH', 0, ${on}, NULL, NULL, NULL`,
        `2, 'past@example.com', 'HASH', 0, ${on}, NULL, '2020-01-01 00:00:00', NULL`,
        `3, 'blocked@example.com', 'HASH', 1, ${on}, NULL, NULL, NULL`,
        `4, 'inactive@example.com', 'HASH', 0, ${off}, NULL, NULL, NULL`,
        `5, 'locked@example.com', 'HASH', 0, ${on}, '2020-01-01 00:00:00', NULL, NULL`,
        `6, 'later@example.com', 'HASH', 0, ${on}, NULL, '2037-12-31 00:00:00', NULL`,
      ].map((row) => `INSERT INTO users VALUES (${row.replace('HASH', HASH)})`),
    )
    const { code, env, stdout, stderr, text } = await init(database.url)
    expect([code, stderr]).toEqual([0, ''])
    const doubt = `may say who may sign in: ${isFile ? 'lockout_end, ' : ''}confirmed_at.`
    expect(stdout).toContain(doubt)
    expect(text.split('\n').find((line) => line.includes(doubt))).toMatch(/^# /)
    expect(stdout + text).not.toMatch(/everybody/i)
    const target = { url: database.url, ca: undefined }
    const source = await openSqlSource(target, env['LEGACY_USERS_SQL'] ?? '')
    const enabled: unknown[] = []
    for await (const row of source.rows)
      if ('fields' in row && String(row.fields.get('enabled')) === '1')
        enabled.push(row.fields.get('email'))
    const allowed = ['good@example.com', 'past@example.com']
    expect(enabled).toEqual(isFile ? [...allowed, 'later@example.com'] : allowed)
    expect(await signIn(env, 'good@example.com')).toContain('"VERIFIED"')
    expect(await signIn(env, 'blocked@example.com')).toContain('"UNVERIFIED"')
  })

  it('says on the screen and in the file where everybody may sign in', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    await database.exec(
      'CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(90), password VARCHAR(90))',
      `INSERT INTO users VALUES (1, 'ann@example.com', '${HASH}')`,
    )
    const { stdout, text } = await init(database.url)
    expect(stdout).toMatch(/^warning {2}Everybody in this table may sign in/m)
    expect(text).toMatch(/^# Everybody in this table may sign in/m)
  })
})
