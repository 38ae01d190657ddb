/** `okta-migrate doctor --local`: each check of this machine is made red once, and nothing is changed. */
import { hashSync } from 'bcryptjs'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { doctorCommand } from '../../src/commands/doctor/doctor.ts'
import { describeLevels } from '../../src/commands/doctor/report.ts'
import type { Level } from '../../src/commands/doctor/table.ts'
import { systemClock } from '../../src/clock.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { describeEach, POSTGRES } from '../support/databases.ts'
import { runDoctor } from '../support/doctor.ts'
import { makeLegacyDb } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'

const HASH = hashSync('open sesame', 4)

const storeOf = (...hashes: readonly string[]): string => {
  const rows = hashes.map((hash, i) => ({ login: `person.${i}@example.com`, hash }))
  return `sqlite:${makeLegacyDb(tempDir(), rows)}`
}

const local = (env: Record<string, string>) =>
  runDoctor({ HOOK_SECRET: SECRET, LEDGER_DB_URL: 'off', ...env }, '--local')

describe('doctor --local', () => {
  it('is green where a server would start, and asks nothing of Okta', async () => {
    const okta = { OKTA_ORG_URL: 'https://org.invalid', OKTA_API_TOKEN: 'token' }
    const { code, rows, topicsAt } = await local({ LEGACY_DB_URL: storeOf(HASH), ...okta })
    expect(rows.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(topicsAt('ok')).toEqual(
      expect.arrayContaining([
        'configuration',
        'store',
        'hashes',
        'times',
        'ledger',
        'spill',
        'tls',
        'listen',
      ]),
    )
    expect(topicsAt('ok')).not.toContain('org')
    expect(code).toBe(0)
  })

  it('ends with 1 for a wrong configuration, and makes no check that needs it', async () => {
    const { code, of, topicsAt } = await local({ LEGACY_DB_URL: 'oracle://x' })
    expect(topicsAt('failed')).toEqual(['configuration'])
    expect(of('configuration')[0]?.text).toContain('LEGACY_DB_URL')
    expect(topicsAt('unknown')).toEqual([
      'store',
      'lookup',
      'hashes',
      'times',
      'ledger',
      'spill',
      'tls',
      'listen',
    ])
    expect(of('store')[0]?.text).toBe('The check "configuration" must pass first.')
    expect(code).toBe(1)
  })

  it('ends with 1 where the store is away, and says no password', async () => {
    const url = 'postgres://reader:marked-secret@127.0.0.1:1/users'
    const { code, stdout, of, topicsAt } = await local({ LEGACY_DB_URL: url })
    expect(topicsAt('failed')).toEqual(['store'])
    expect(of('store')[0]).toMatchObject({
      text: 'It cannot be reached right now (ECONNREFUSED), so it was not checked.',
      fix: expect.stringContaining('Start the database') as string,
    })
    expect(topicsAt('unknown')).toEqual(['lookup', 'hashes', 'times'])
    expect(stdout).not.toContain('marked')
    expect(code).toBe(1)
  })

  it('ends with 1 for a lookup that finds others', async () => {
    const sql = 'SELECT password_hash FROM accounts WHERE login LIKE :login'
    const { code, of, topicsAt } = await local({
      LEGACY_DB_URL: storeOf(HASH),
      LEGACY_LOOKUP_SQL: sql,
    })
    expect(topicsAt('failed')).toEqual(['lookup'])
    expect(of('lookup')).toHaveLength(1)
    expect(code).toBe(1)
  })

  it('ends with 1 where no hash can be checked', async () => {
    const des = Array<string>(20).fill('TOZ4KO1osZKYw')
    const { code, stdout, topicsAt } = await local({ LEGACY_DB_URL: storeOf(...des) })
    expect(topicsAt('failed')).toEqual(['hashes'])
    expect(topicsAt('unknown')).toEqual(['times'])
    expect(stdout).not.toContain(des[0])
    expect(code).toBe(1)
  })

  it('ends with 1 where checks of the hashes end too late, which keeps no server from starting', async () => {
    // On no machine a check of cost 14 ends within a fifth of a second.
    const costly = `$2b$14$${'.'.repeat(53)}`
    const env = { LEGACY_DB_URL: storeOf(costly), HOOK_DEADLINE_MS: '200' }
    const { of, code } = await local(env)
    expect(of('times')[0]).toMatchObject({
      level: 'failed',
      text: expect.stringMatching(
        /^A check of bcrypt cost 14 takes \d+ ms here, and HOOK_DEADLINE_MS is 200: 1 of/,
      ) as string,
    })
    expect(code).toBe(1)
  })
})

await describeEach([POSTGRES], 'the store', ({ create, schema }) => {
  it('is yellow if its user may write, with the fix', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    await database.exec(...schema)
    const { code, of } = await local({ LEGACY_DB_URL: database.url })
    expect(of('store')).toContainEqual({
      topic: 'store',
      level: 'warning',
      text: 'Its sessions only read, but its user may write (accounts).',
      fix: expect.stringContaining('may only SELECT') as string,
    })
    expect(code).toBe(0)
  })
})

describe('the ledger', () => {
  const withLedger = (env: Record<string, string>) =>
    local({ LEGACY_DB_URL: storeOf(HASH), ...env })

  it('that is not there yet stays so', async () => {
    const dir = tempDir()
    const { code, of } = await withLedger({ LEDGER_DB_URL: `sqlite:${join(dir, 'ledger.sqlite')}` })
    expect(of('ledger')[0]?.text).toMatch(/^It is not there yet/)
    expect(of('spill')[0]?.level).toBe('ok')
    expect(code).toBe(0)
    expect(readdirSync(dir)).toEqual([])
  })

  it('that servers keep is tried without a row, and not changed', async () => {
    const dir = tempDir()
    const url = `sqlite:${join(dir, 'ledger.sqlite')}`
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const ledger = await Ledger.start({ target: { url }, spillDir: dir, clock: systemClock, log })
    await ledger.close()
    const { of } = await withLedger({ LEDGER_DB_URL: url })
    expect(of('ledger')[0]?.text).toMatch(/^A decision can be written/)
    expect(await runSql(url, 'SELECT * FROM ledger_accounts')).toEqual([])

    await runSql(url, 'INSERT INTO ledger_schema (version) VALUES (99)')
    const { code, of: newer } = await withLedger({ LEDGER_DB_URL: url })
    expect(newer('ledger')[0]).toMatchObject({ level: 'failed' })
    expect(newer('ledger')[0]?.text).toContain('its schema is version 99')
    expect(code).toBe(1)
  })

  it('and its spill file fail where they cannot be written', async () => {
    const nowhere = join(tempDir(), 'missing')
    const there = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const url = await withLedger({ LEDGER_DB_URL: `sqlite:${join(nowhere, 'ledger.sqlite')}` })
    expect(url.topicsAt('failed')).toEqual(['ledger', 'spill'])
    const spill = await withLedger({ LEDGER_DB_URL: there, LEDGER_SPILL_DIR: nowhere })
    expect(spill.topicsAt('failed')).toEqual(['spill'])
    expect(spill.code).toBe(1)

    const dir = tempDir()
    writeFileSync(join(dir, 'okta-migrate-spill.sqlite'), 'not a database, but a text'.repeat(9))
    const damaged = await withLedger({ LEDGER_DB_URL: there, LEDGER_SPILL_DIR: dir })
    expect(damaged.topicsAt('failed')).toEqual(['spill'])
  })

  it('fails where its server is away', async () => {
    const env = { LEDGER_DB_URL: 'postgres://reader:marked-secret@127.0.0.1:1/ledger' }
    const { of, stdout } = await withLedger({ ...env, FINGERPRINT_KEY: 'k'.repeat(40) })
    expect(of('ledger')[0]).toMatchObject({ level: 'failed' })
    expect(of('ledger')[0]?.text).toContain('ECONNREFUSED')
    expect(stdout).not.toContain('marked')
  })
})

const SURE = { validateStream: false }

describe('the rows', () => {
  it('have all their lines in one column', async () => {
    const { stdout } = await runInProcess(doctorCommand, ['--local'], { LEGACY_DB_URL: 'oracle:' })
    expect(stdout).toMatch(/^failed {7}configuration {2}LEGACY_DB_URL is not valid\.\n {30}Use /)
    expect(stdout).toMatch(/\n {28}HOOK_SECRET is missing\.\n/)
    expect(stdout).toMatch(/\n {28}Fix: Correct these variables, in the environment or/)
  })

  it('are counted in words that fit', () => {
    const row = (level: Level) => ({ topic: 'x', level, text: 'x' })
    expect(describeLevels([row('warning'), row('ok'), row('ok')])).toBe(
      '0 failed, 1 warning, 0 not checked, 2 ok.',
    )
  })

  it('have a word, a name and a fix below, and are counted at the end', async () => {
    const env = { HOOK_SECRET: SECRET, LEDGER_DB_URL: 'off', PORT: '0', FORCE_COLOR: '1' }
    const away = { ...env, LEGACY_DB_URL: 'postgres://reader@127.0.0.1:1/users' }
    const { stdout } = await runInProcess(doctorCommand, ['--local'], away)
    expect(stdout).toContain(`${styleText('green', 'ok         ', SURE)}  configuration  The var`)
    expect(stdout).toContain(`${styleText('red', 'failed     ', SURE)}  store          It cannot`)
    expect(stdout).toMatch(/so it was not checked\.\n {28}Fix: Start the/)
    expect(stdout).toMatch(/^not checked {2}lookup {9}The check "store" must pass first\.$/m)
    expect(stdout).toMatch(/\n\n1 failed, 0 warnings, 3 not checked, 5 ok\.\n$/)
  })
})
