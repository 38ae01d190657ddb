/** `import undo`: it deletes the users that the journal proves to be its own and that were never used, and no others. */
import Database from 'better-sqlite3'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyFromSecret } from '../../src/commands/fingerprints.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { fingerprint } from '../../src/ops/log.ts'
import { startFakeOkta, type FakeOptions, type FakeUser } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { entry } from '../support/ledger-entry.ts'
import { tempDir } from '../support/temp.ts'

const rowOf = (n: number): string => `user${n}@x.example,First${n},Last${n}`

const start = async (count: number, options?: FakeOptions) => {
  const okta = await startFakeOkta(options)
  const dir = tempDir()
  const file = join(dir, 'users.csv')
  const rows = Array.from({ length: count }, (_, i) => rowOf(i + 1))
  writeFileSync(file, `email,firstName,lastName\n${rows.join('\n')}\n`)
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
  const summaryOf = (stdout: string): unknown => {
    const last = stdout.trimEnd().split('\n').at(-1)
    return last ? JSON.parse(last) : undefined
  }
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runImport([file, '--json', ...args], env)
    return { code, stderr, summary: summaryOf(stdout) }
  }
  const org = new URL(okta.url).host
  const journal = `${file}.journal`
  const undo = async (number: number, args: string[] = [], more: Record<string, string> = {}) => {
    const all = ['undo', journal, '--json', '--yes', `${org}:${number}`, ...args]
    const { code, stdout, stderr } = await runImport(all, { ...env, ...more })
    return { code, stderr, summary: summaryOf(stdout) }
  }
  const change = (n: number, more: Partial<FakeUser>): void => {
    const login = `user${n}@x.example`
    const user = okta.users.get(login)
    if (user) okta.users.set(login, { ...user, ...more })
  }
  const query = (sql: string): unknown[] => {
    const db = new Database(journal)
    try {
      return db.prepare(sql).pluck().all()
    } finally {
      db.close()
    }
  }
  const exec = (sql: string): void => {
    const db = new Database(journal)
    db.exec(sql)
    db.close()
  }
  const logins = (): string[] => [...okta.users.keys()].sort()
  const deletions = () => okta.calls.filter(({ method }) => method === 'DELETE')
  return { okta, dir, file, env, org, run, undo, change, query, exec, logins, deletions }
}

const reasonsIn = (summary: unknown): Record<string, readonly number[]> =>
  Object.fromEntries(
    (summary as { reasons: { reason: string; lines: number[] }[] }).reasons.map(
      ({ reason, lines }) => [reason, lines],
    ),
  )

describe('an undo', () => {
  it('deletes what the import created, and the next import creates it again', async () => {
    const { okta, run, undo, logins, query } = await start(3)
    okta.seed('user2@x.example')
    await run()
    const { code, summary } = await undo(2)
    expect([code, summary]).toMatchObject([
      0,
      { deleted: 2, gone: 0, kept: 0, failed: 0, total: 2 },
    ])
    expect(logins()).toEqual(['user2@x.example'])
    expect(query('SELECT state FROM rows')).toEqual(['undone', 'existing', 'undone'])
    expect(await run()).toMatchObject({ code: 0, summary: { created: 2, existing: 1 } })
    expect(logins()).toHaveLength(3)
    expect((await undo(2)).summary).toMatchObject({ deleted: 2 })
  })

  it('lets the next import use other options', async () => {
    const { run, undo, okta } = await start(2)
    await run('--map', 'firstName=lastName,lastName=firstName')
    expect((await run()).code).toBe(2)
    await undo(2)
    expect((await run()).summary).toMatchObject({ created: 2 })
    expect(okta.users.get('user1@x.example')?.profile['firstName']).toBe('First1')
  })

  it('keeps a user whom anyone has used or changed, and says why', async () => {
    const all = await start(6)
    await all.run()
    writeFileSync(all.file, readFileSync(all.file, 'utf8').replace('First4', 'Changed'))
    await all.run('--update')
    all.change(1, { lastLogin: '2026-01-01T00:00:00.000Z' })
    all.change(2, { credentials: { provider: { type: 'OKTA', name: 'OKTA' } } })
    all.change(3, { profile: { login: 'other@x.example' } })
    // As after a crash where only Okta knows the answer: perhaps someone else created this user.
    all.exec('UPDATE rows SET made_by = NULL, request_id = NULL WHERE number = 5')
    const { code, summary } = await all.undo(4)
    expect([code, summary]).toMatchObject([1, { deleted: 1, kept: 3, failed: 0, total: 4 }])
    expect(reasonsIn(summary)).toEqual({
      'has signed in': [2],
      'has a password in Okta by now': [3],
      'has another login now': [4],
    })
    expect(all.logins()).not.toContain('user6@x.example')
    expect(all.logins()).toHaveLength(5)
    expect(all.deletions()).toHaveLength(1)
    expect(all.query('SELECT state FROM rows')).toEqual([
      ...['created', 'created', 'created', 'updated', 'created', 'undone'],
    ])
  })

  it('asks again between the deactivation and the deletion', async () => {
    const { run, undo, logins, deletions } = await start(2, {
      onDeactivate: ({ profile }) =>
        profile.login.startsWith('user1') ? { lastLogin: '2026-01-01T00:00:00.000Z' } : {},
    })
    await run()
    const { code, summary } = await undo(2)
    expect([code, summary]).toMatchObject([1, { deleted: 1, kept: 0, failed: 1 }])
    expect(Object.keys(reasonsIn(summary))).toEqual([
      'has signed in, and is deactivated: activate it in the Admin Console',
    ])
    expect(logins()).toEqual(['user1@x.example'])
    expect(deletions()).toHaveLength(1)
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('An undo of this journal was started') as string,
    })
  })

  it.each(['lost', 'dropped'] as const)('continues where answers are %s', async (fault) => {
    let n = 0
    const { run, undo, logins } = await start(2, {
      fault: ({ method, path }) =>
        (method === 'DELETE' || path.includes('lifecycle')) && n++ % 2 === 0 ? fault : 'none',
    })
    await run()
    expect((await undo(2)).summary).toMatchObject({ deleted: 2, failed: 0 })
    expect(logins()).toEqual([])
  })

  it('counts the users whom others have deleted', async () => {
    const { okta, run, undo } = await start(2)
    await run()
    okta.users.delete('user1@x.example')
    expect(await undo(2)).toMatchObject({ code: 0, summary: { deleted: 1, gone: 1 } })
  })

  it('changes nothing in a dry run', async () => {
    const { okta, run, undo, change, query } = await start(2)
    await run()
    change(1, { lastLogin: '2026-01-01T00:00:00.000Z' })
    const before = okta.calls.length
    expect(await undo(9, ['--dry-run'])).toMatchObject({
      code: 1,
      summary: { deleted: 1, kept: 1 },
    })
    expect(okta.calls.slice(before).filter(({ method }) => method !== 'GET')).toEqual([])
    expect(query('SELECT DISTINCT state FROM rows')).toEqual(['created'])
  })

  it.each([
    ['another number', (org: string) => `${org}:3`],
    ['another org', () => 'other.okta.com:2'],
  ])('is not started with %s', async (_, given) => {
    const { run, file, env, org, logins } = await start(2)
    await run()
    const args = ['undo', `${file}.journal`, '--yes', given(org)]
    const { code, stderr } = await runImport(args, env)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`--yes ${org}:2`)])
    expect(logins()).toHaveLength(2)
  })

  it('is refused with the journal of another org, and with none', async () => {
    const { run, undo, exec, file, logins } = await start(1)
    await run()
    exec("UPDATE settings SET value = 'https://acme.okta.com' WHERE name = 'the org'")
    expect(await undo(1)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The journal is of https://acme.okta.com') as string,
    })
    const { code, stderr } = await runImport(['undo', `${file}.other`], {})
    expect([code, stderr]).toEqual([2, expect.stringContaining('users.csv.other does not exist')])
    expect(logins()).toHaveLength(1)
  })

  it('leaves rows of an import of rejects to that import’s own journal', async () => {
    const { file, run, dir, env, org, logins } = await start(1)
    writeFileSync(file, `${readFileSync(file, 'utf8')}user2@x.example,,Last\n`)
    await run()
    const rejects = join(dir, 'users.rejects.csv')
    writeFileSync(rejects, readFileSync(rejects, 'utf8').replace(',,Last', ',First,Last'))
    await runImport([rejects, '--json'], env)
    expect((await run()).summary).toMatchObject({ created: 1, existing: 1, rejected: 0 })
    await runImport(['undo', `${rejects}.journal`, '--yes', `${org}:1`], env)
    expect(logins()).toEqual(['user1@x.example'])
    for (let i = 0; i < 2; i++) {
      expect((await run()).summary).toMatchObject({ created: 1, existing: 0, rejected: 1 })
    }
  })

  it('deletes users with a password where the import gave them one', async () => {
    const { file, env, undo, logins } = await start(0)
    writeFileSync(file, `email,firstName,lastName,password\n${rowOf(1)},Secret-1234\n`)
    await runImport([file, '--mode', 'password'], env)
    expect((await undo(1)).summary).toMatchObject({ deleted: 1 })
    expect(logins()).toEqual([])
  })

  it('also checks twice a user whom an admin has deactivated', async () => {
    const { okta, run, undo, change } = await start(1)
    await run()
    change(1, { status: 'DEPROVISIONED' })
    const before = okta.calls.length
    expect((await undo(1)).summary).toMatchObject({ deleted: 1 })
    const methods = okta.calls.slice(before).filter(({ path }) => path.includes('00u'))
    expect(methods.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE'])
  })

  it('keeps a user with a password whom an admin has deactivated', async () => {
    const { run, undo, change, logins } = await start(1)
    await run()
    const credentials = { provider: { type: 'OKTA', name: 'OKTA' } }
    change(1, { status: 'DEPROVISIONED', credentials })
    const { summary } = await undo(1)
    expect(reasonsIn(summary)).toEqual({ 'has a password in Okta by now': [2] })
    expect(logins()).toEqual(['user1@x.example'])
  })

  it('finishes the users that an interrupted undo had started', async () => {
    const { okta, run, undo, exec, change } = await start(2)
    await run()
    exec("UPDATE rows SET state = 'undoing'")
    change(1, {
      status: 'DEPROVISIONED',
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
    })
    okta.users.delete('user2@x.example')
    expect((await undo(2)).summary).toMatchObject({ deleted: 2, gone: 0, kept: 0 })
  })

  it('keeps a user whom an update was about to change, whatever the state of the row', async () => {
    const { run, undo, exec, logins } = await start(2)
    await run()
    exec("UPDATE rows SET changed = 'city' WHERE number = 1")
    expect((await undo(1)).summary).toMatchObject({ deleted: 1, total: 1 })
    expect(logins()).toEqual(['user1@x.example'])
  })

  it('also lets the next import use other options for rows that an update has compared', async () => {
    const { run, undo } = await start(2)
    await run()
    await run('--update')
    expect((await undo(2)).summary).toMatchObject({ deleted: 2 })
    expect(await run()).toMatchObject({ code: 0, summary: { created: 2, failed: 0 } })
  })

  it('forgets the logins of the users that it has deleted, and who had created them', async () => {
    let isLost = false
    const { file, run, undo, logins } = await start(2, {
      fault: ({ method, path }) =>
        isLost && method === 'POST' && path.includes('?') ? 'lost' : 'none',
    })
    await run()
    await undo(2)
    writeFileSync(file, `email,firstName,lastName\n${rowOf(2)}\n${rowOf(1)}\n`)
    isLost = true
    expect((await run()).summary).toMatchObject({ created: 2, rejected: 0 })
    isLost = false
    // Nothing proves that these are ours.
    expect((await undo(0)).summary).toMatchObject({ deleted: 0, total: 0 })
    expect(logins()).toHaveLength(2)
  })

  it('continues with the same command, which names the users that it has deleted so far', async () => {
    const { okta, run, undo, exec } = await start(20)
    await run()
    exec("UPDATE rows SET state = 'undone', login = NULL WHERE number <= 15")
    for (let n = 1; n <= 15; n++) okta.users.delete(`user${n}@x.example`)
    expect((await undo(21)).code).toBe(1)
    expect(await undo(20)).toMatchObject({ code: 0, summary: { deleted: 5, total: 5 } })
  })
})

describe('the ledger', () => {
  const KEY = 'a key of the hook server'

  const ledgerWith = async (
    dir: string,
    login: string,
    name = fingerprint(KEY),
  ): Promise<string> => {
    const url = `sqlite:${join(dir, 'ledger.sqlite')}`
    const ledger = openLedgerDatabase({ url })
    await ledger.migrate()
    await ledger.write([
      entry({ account: name(login), outcome: 'VERIFIED' }),
      entry({ account: name('user2'), outcome: 'UNVERIFIED' }),
    ])
    await ledger.close()
    return url
  }

  it.each(['user1@x.example', 'user1'])('keeps who was VERIFIED as %s', async (login) => {
    const { run, undo, dir } = await start(2)
    await run()
    const LEDGER_DB_URL = await ledgerWith(dir, login)
    const { summary } = await undo(2, [], { LEDGER_DB_URL, FINGERPRINT_KEY: KEY })
    expect(summary).toMatchObject({ deleted: 1, kept: 1 })
    expect(reasonsIn(summary)).toEqual({ 'the hook has answered VERIFIED': [2] })
  })

  it.each([
    ['plain', (login: string) => login, { HOOK_SECRET: 'another secret of the hook' }],
    [
      'with the previous secret',
      fingerprint(keyFromSecret('the secret of before')),
      {
        HOOK_SECRET: 'another secret of the hook',
        HOOK_SECRET_PREVIOUS: 'the secret of before',
      },
    ],
  ])('keeps who was VERIFIED under a name that was %s', async (_, name, secrets) => {
    const { run, undo, dir } = await start(2)
    await run()
    const LEDGER_DB_URL = await ledgerWith(dir, 'user1', name)
    expect((await undo(2, [], { LEDGER_DB_URL, ...secrets })).summary).toMatchObject({
      deleted: 1,
      kept: 1,
    })
  })

  it('is not read without its key, nor where it does not exist', async () => {
    const { run, undo, dir, logins } = await start(1)
    await run()
    const LEDGER_DB_URL = await ledgerWith(dir, 'user1')
    expect(await undo(1, [], { LEDGER_DB_URL })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FINGERPRINT_KEY is missing') as string,
    })
    const nowhere = { LEDGER_DB_URL: `sqlite:${join(dir, 'none')}`, FINGERPRINT_KEY: KEY }
    expect(await undo(1, [], nowhere)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not exist') as string,
    })
    expect(logins()).toHaveLength(1)
  })
})
