/** `okta-migrate reconcile`: what each list has, that an import reads them, the gate, and failures half-way. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { reconcileCommand } from '../../src/commands/reconcile/reconcile.ts'
import {
  addMoved,
  addPending,
  decided,
  LEGACY_HASH,
  lifecycle,
  makeLedger,
  makeLegacyStore,
  oktaOf,
} from '../support/campaign.ts'
import { runCommand, type Ended } from '../support/command.ts'
import { runInProcess } from '../support/in-process.ts'
import { startTestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const run = (dir: string, env: Record<string, string>, ...args: string[]): Promise<Ended> =>
  runInProcess(reconcileCommand, ['--out', join(dir, 'out'), ...args], env)

const listOf = (dir: string, name: string): Record<string, string>[] =>
  parse<Record<string, string>>(readFileSync(join(dir, 'out', `${name}.csv`), 'utf8'), {
    columns: true,
  })

const loginsIn = (dir: string, name: string): string[] =>
  listOf(dir, name).map(({ login = '' }) => login)

const objectOf = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>

/** Later than anything that the sandbox does. */
const FUTURE = '2099-01-01'

const makeCampaign = async () => {
  const dir = tempDir()
  const org = await startTestSandbox()
  const store = makeLegacyStore(dir, [
    { id: 1, login: 'same@example.com' },
    { id: 2, login: 'Missing@example.com', first: '=1+1', last: 'Jett, "Joan"' },
    { id: 3, login: 'left@example.com', enabled: 0 },
    { id: 4, login: 'left.already@example.com', enabled: 0 },
    { id: 5, login: 'unkept@example.com' },
    { id: 6, login: 'moved@example.com', changed: '2020-01-01' },
    { id: 7, login: 'elsewhere@example.com', changed: FUTURE },
    { id: 8, login: 'drift@example.com', last: 'Brock-Lee' },
    { id: 9, login: 'deactivated@example.com' },
  ])
  for (const name of ['same', 'left', 'unkept', 'drift', 'stranger']) {
    await addPending(org, `${name}@example.com`)
  }
  for (const name of ['moved', 'elsewhere']) await addMoved(org, `${name}@example.com`)
  for (const name of ['left.already', 'deactivated']) {
    await lifecycle(org, await addPending(org, `${name}@example.com`), 'deactivate')
  }
  const ledger = await makeLedger(dir, [
    decided('id 5', 'VERIFIED'),
    decided('id 6', 'VERIFIED'),
    // Okta had hung up: it could not keep the password.
    decided('id 8', 'VERIFIED', { callerGone: true }),
  ])
  return { dir, org, env: { ...store, ...ledger, ...oktaOf(org) } }
}

const EXPECTED = {
  missing: ['Missing@example.com'],
  deactivated: ['deactivated@example.com'],
  leavers: ['left@example.com'],
  strangers: ['stranger@example.com'],
  unkept: ['unkept@example.com'],
  elsewhere: ['elsewhere@example.com'],
  drift: ['drift@example.com'],
  newer: ['elsewhere@example.com'],
}

describe('a comparison', () => {
  it('finds each difference, and writes a list of it', async () => {
    const { dir, env } = await makeCampaign()
    const ended = await run(dir, env, '--password-changed', 'changed_at', '--json')
    expect(ended.stderr).toBe('')
    const lists = Object.keys(EXPECTED).map((name) => [name, loginsIn(dir, name)])
    expect(Object.fromEntries(lists)).toEqual(EXPECTED)
    expect(objectOf(ended)).toMatchObject({
      schema: 'okta-migrate/reconcile@1',
      legacy: { read: 9 },
      agree: 3,
      findings: Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, 1])),
      gate: { passed: false, maxMissing: 0 },
    })
    expect(ended.code).toBe(1)
  })

  it('says in words what to do, and passes as many missing people as are allowed', async () => {
    const { dir, env } = await makeCampaign()
    const { code, stdout } = await run(dir, env, '--max-missing', '1')
    expect(stdout).toMatch(/^Legacy store 9, Okta 10, ledger 3 decisions\. \d people agree\.$/m)
    expect(stdout).toMatch(/^ +\S+missing\.csv: okta-migrate import \S+missing\.csv$/m)
    expect(stdout).toMatch(/^newer +- {3}not known: --password-changed COLUMN is not given$/m)
    expect(existsSync(join(dir, 'out', 'newer.csv'))).toBe(false)
    expect(stdout).toContain('Passed.')
    expect(code).toBe(0)
  })

  it('without a ledger says what is not known', async () => {
    const { dir, env } = await makeCampaign()
    const { stdout } = await run(dir, { ...env, LEDGER_DB_URL: 'off' })
    expect(stdout).toMatch(/^Legacy store 9, Okta 10, no ledger \(LEDGER_DB_URL is off\)\./)
    expect(stdout).toMatch(/^unkept +- {3}not known: the ledger was not read/m)
  })

  it('keeps its lists for their owner alone, and shows no hash', async () => {
    const { dir, env } = await makeCampaign()
    const { stdout, stderr } = await run(dir, env)
    const names = readdirSync(join(dir, 'out'))
    const files = names.map((name) => join(dir, 'out', name))
    expect(names.filter((name) => !name.endsWith('.csv'))).toEqual([])
    expect(files.map((path) => statSync(path).mode & 0o777)).toEqual(files.map(() => 0o600))
    expect(statSync(join(dir, 'out')).mode & 0o777).toBe(0o700)
    const all = [stdout, stderr, ...files.map((path) => readFileSync(path, 'utf8'))].join('\n')
    expect(all).not.toContain(LEGACY_HASH.slice(7, 29))
  })
})

describe('the lists for an import', () => {
  it('are read by import and by import --update, after which nobody is missing or differs', async () => {
    const { dir, org, env } = await makeCampaign()
    await run(dir, env)
    const okta = oktaOf(org)
    const path = (name: string): string => join(dir, 'out', `${name}.csv`)
    const imported = await runCommand(['import', path('missing'), '--yes'], okta)
    expect([imported.code, imported.stderr]).toEqual([0, expect.any(String)])
    const updated = await runCommand(['import', path('drift'), '--update', '--yes'], okta)
    expect(updated.code).toBe(0)
    const user = [...org.users()].find(({ profile }) => profile['login'] === 'Missing@example.com')
    expect(user?.profile).toMatchObject({ firstName: '=1+1', lastName: 'Jett, "Joan"' })
    const { findings } = objectOf(await run(dir, env, '--json')) as {
      findings: Record<string, number>
    }
    expect(findings).toMatchObject({ missing: 0, drift: 0 })
  })

  it('compare the attributes that are named, and refuse one that no column has', async () => {
    const { dir, env } = await makeCampaign()
    await run(dir, env, '--attribute', 'firstName')
    expect(loginsIn(dir, 'drift')).toEqual([])
    const { code, stderr } = await run(dir, env, '--attribute', 'department')
    expect([code, stderr]).toEqual([2, expect.stringContaining('--attribute department')])
    const hash = await run(dir, env, '--attribute', 'password_hash')
    expect(hash.code).toBe(2)
  })
})

describe('a failure', () => {
  it('of the store half-way ends with 1, and leaves the lists of the run before', async () => {
    const { dir, env } = await makeCampaign()
    await run(dir, env)
    const before = readFileSync(join(dir, 'out', 'missing.csv'), 'utf8')
    // The count of rows does not compute the column.
    const broken = (env['LEGACY_AUDIT_SQL'] ?? '').replace(
      'changed_at',
      "CASE WHEN id = 9 THEN json('{') END AS changed_at",
    )
    const { code, stdout, stderr } = await run(dir, { ...env, LEGACY_AUDIT_SQL: broken })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Reading from the legacy database failed after row 8')
    expect(readFileSync(join(dir, 'out', 'missing.csv'), 'utf8')).toBe(before)
  })

  it('to write leaves the lists of the run before', async () => {
    const { dir } = await makeCampaign()
    const { env } = await makeCampaign()
    writeFileSync(join(dir, 'out'), 'a file in place of the directory')
    const { code, stderr } = await run(dir, env)
    expect([code, stderr]).toEqual([1, expect.stringContaining('The output cannot be written.')])
  })

  it('without the accounts of a store is one of the configuration', async () => {
    const { dir, org } = await makeCampaign()
    const { code, stderr } = await run(dir, oktaOf(org))
    expect([code, stderr]).toEqual([2, expect.stringContaining('LEGACY_DB_URL is missing')])
  })
})
