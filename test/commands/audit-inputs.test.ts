/** What `okta-migrate audit` reads: values of every type, and inputs with little in them. */
import { hashSync } from 'bcryptjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peopleStore, runAudit } from '../support/audit.ts'
import { tempDir } from '../support/temp.ts'

const HASH = hashSync('Float on', 4)
const [ANN, BOB] = ['ann@example.com', 'bob@example.com']

describe('bytes in a store', () => {
  const bytes = Buffer.from('c0ffee00c0ffee00c0ffee00c0ffee00', 'hex')

  it('as an id keep nobody out, and are written as digits', async () => {
    const env = peopleStore(['id', 'login', 'password_hash'], [[bytes, ANN, HASH]])
    const { code, routes } = await runAudit(env)
    expect(routes).toEqual([`${bytes.toString('hex')},${ANN},hash,Okta takes the hash itself`])
    expect(code).toBe(0)
  })

  it('in a column that is not needed keep nobody out', async () => {
    const env = peopleStore(['id', 'login', 'password_hash', 'photo'], [[1, ANN, HASH, bytes]])
    expect((await runAudit(env)).blocked).toEqual([])
  })

  it('that are no hash block the account under its id, and the lookup finds the same', async () => {
    const env = peopleStore(['id', 'login', 'password_hash'], [[7, ANN, bytes]])
    const { blocked, stdout } = await runAudit(env)
    expect(blocked.join()).toContain(`7,${ANN},hash_unrecognised,`)
    expect(stdout).toMatch(/^Lookup tried with 1 login +1 +correct/m)
  })

  it('that are no login make the row unreadable', async () => {
    const env = peopleStore(['id', 'login', 'password_hash'], [[7, bytes, HASH]])
    expect((await runAudit(env)).blocked.join()).toContain('row_unreadable')
  })
})

const fileWith = (name: string, text: string): string => {
  const path = join(tempDir(), name)
  writeFileSync(path, text)
  return path
}

describe('an audit without accounts', () => {
  it('of a store does not pass, and writes no list', async () => {
    const { code, stderr, stdout, routes } = await runAudit(
      peopleStore(['login', 'password_hash'], []),
    )
    expect(stderr).toContain('There is no account to audit.')
    expect([code, stdout, routes]).toEqual([2, '', []])
  })

  it('of a file does not pass', async () => {
    const path = fileWith('header.csv', 'login,password_hash\n')
    expect((await runAudit({}, '--legacy', path)).code).toBe(2)
  })
})

describe('JSON lines', () => {
  const seen = new Date(Date.now() - 86_400_000).toISOString()
  const audit = (...rows: readonly object[]) =>
    runAudit(
      {},
      '--legacy',
      fileWith('users.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    )

  it('may begin with an account that has no hash', async () => {
    const { stdout, blocked } = await audit(
      { login: ANN, password_hash: null },
      { login: BOB, password_hash: HASH },
    )
    expect(stdout).toMatch(/^Can sign in through the hook +1$/m)
    expect(blocked.join()).toContain(`row 1,${ANN},hash_missing,`)
  })

  it('may begin with an account that has no last login and no flag', async () => {
    const { stdout } = await audit(
      { login: ANN, password_hash: HASH },
      { login: BOB, password_hash: HASH, Enabled: false },
      { login: 'cid@example.com', password_hash: HASH, last_login: seen },
    )
    expect(stdout).toMatch(/^Disabled +1$/m)
    expect(stdout).toContain('Expected first day: 1 person,')
  })

  it('without a hash in any of the first rows are refused', async () => {
    expect((await audit({ login: ANN, pw: HASH })).code).toBe(2)
  })
})

describe('a column', () => {
  it.each(['enabled=actve', 'id=uid', 'last_login=seen', 'firstName=first'])(
    'that --map names (%s) and that is not there ends the audit',
    async (map) => {
      const env = peopleStore(['login', 'password_hash', 'active'], [[ANN, HASH, 0]])
      const { code, stderr } = await runAudit(env, '--map', map)
      expect(stderr).toContain(`There is no column "${map.split('=')[1] ?? ''}"`)
      expect(code).toBe(2)
    },
  )

  it('that is there twice ends the audit, since the second one would count', async () => {
    const env = peopleStore(['login', 'password_hash', 'legacy_hash'], [[ANN, HASH, 'x']])
    const sql = 'SELECT login, password_hash, legacy_hash AS password_hash FROM people'
    const { code, stderr } = await runAudit({ ...env, LEGACY_AUDIT_SQL: sql })
    expect(stderr).toContain('Two columns of the accounts have the same name')
    expect(stderr).toContain('password_hash')
    expect(code).toBe(2)
  })
})

describe('a column of last logins', () => {
  it('without a date is not taken for a column that was not named', async () => {
    const env = peopleStore(['login', 'password_hash', 'seen'], [[ANN, HASH, null]])
    const { stdout } = await runAudit(env, '--last-login', 'seen')
    expect(stdout).toContain('Expected first day: not known; no account has a last login.')
  })
})

describe('hashes that cannot be checked', () => {
  const argon2 = `$argon2id$v=19$m=262144,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

  it('are named, with what to do, and without anything of them', async () => {
    const env = peopleStore(
      ['id', 'login', 'password_hash'],
      [
        [1, ANN, `$y$j9T$saltsalt$${'x'.repeat(43)}`],
        [2, BOB, argon2],
        [3, 'cid@example.com', `${'0'.repeat(31)}7:pepper`],
      ],
    )
    const { stdout, blocked } = await runAudit(env)
    expect(stdout).toMatch(/^ {2}hash_unrecognised +2 {3}.* and others, in no format /m)
    expect(stdout).toMatch(/^ {2}hash_out_of_bounds +1 {3}argon2 cost 19, 256 MiB, too costly, /m)
    expect(blocked[0]).toContain('yescrypt: This family is not supported')
    expect(blocked[1]).toContain('Set HASH_MAX_MIB=256, or more.')
    expect(blocked[2]).toContain('two parts with a colon: LEGACY_HASH_FORMAT says how')
    expect(blocked.join()).not.toContain('pepper')
  })
})
