/** `okta-migrate cutoff purge`: who may be purged, the order of the steps, the files, and the check. */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openCutOffJournal } from '../../src/cutoff/journal.ts'
import type { Switches } from '../../src/sandbox/switches.ts'
import {
  addMoved,
  addPending,
  FINGERPRINT_KEY,
  LEGACY_HASH,
  lifecycle,
  type LegacyPerson,
} from '../support/campaign.ts'
import { runScript } from '../support/database-client.ts'
import { PURGE_SQL, startPurge } from '../support/purge.ts'
import { HOOK_PASSWORD, startHookStub, VERIFIED, type TestSandbox } from '../support/sandbox.ts'

const LOGIN = 'ann@example.com'
const PASSWORD = 'Float on, 2004!'

const THREE = [
  { id: 1, login: 'a@example.com' },
  { id: '007', login: 'b@example.com' },
  { id: 3, login: 'c@example.com' },
]

const startThree = (more: Parameters<typeof startPurge>[1] = {}) =>
  startPurge(
    async (org) => {
      await addMoved(org, 'a@example.com')
      await addMoved(org, 'b@example.com')
      await addPending(org, 'c@example.com')
    },
    { people: THREE, ...more },
  )

const startClosed = async (more: Parameters<typeof startPurge>[1] = {}) => {
  const purge = await startThree(more)
  await purge.close()
  return purge
}

const idOf = (user: { body: unknown }): string => (user.body as { id: string }).id

interface Case {
  readonly what: string
  readonly reason: string | undefined
  readonly act: (org: TestSandbox) => Promise<unknown>
  readonly evidence?: string
  readonly switches?: Partial<Switches>
  readonly people?: readonly LegacyPerson[]
  readonly args?: readonly string[]
  readonly days?: number
}

const signedIn = async (org: TestSandbox): Promise<string> => {
  const id = await addPending(org, LOGIN)
  expect((await org.signIn(LOGIN, PASSWORD)).status).toBe(200)
  return id
}

const after =
  (...operations: string[]) =>
  async (org: TestSandbox): Promise<void> => {
    const id = await signedIn(org)
    for (const each of operations) expect((await lifecycle(org, id, each)).status).toBe(200)
  }

const resetPending = async (org: TestSandbox): Promise<string> => {
  const id = await addPending(org, LOGIN)
  await lifecycle(org, id, 'reset_password')
  return id
}

const CASES: readonly Case[] = [
  { what: 'signed in through the hook', reason: undefined, act: signedIn, evidence: 'provider' },
  { what: 'must change the password', reason: undefined, act: after('expire_password') },
  {
    what: 'is suspended, and has a SUCCESS',
    reason: undefined,
    act: after('suspend'),
    evidence: 'success',
  },
  {
    what: 'is suspended, and whose SUCCESS names nobody',
    reason: 'unproven',
    act: after('suspend'),
    switches: { importTarget: 'nobody' },
  },
  { what: 'is deactivated, and has a SUCCESS', reason: undefined, act: after('deactivate') },
  {
    what: 'is suspended, without an event',
    reason: 'unproven',
    act: async (org) => lifecycle(org, await addMoved(org, LOGIN), 'suspend'),
  },
  { what: 'was reset after the move', reason: 'reset', act: after('reset_password') },
  { what: 'has not moved', reason: 'not_moved', act: (org) => addPending(org, LOGIN) },
  { what: 'is not in Okta', reason: 'not_in_okta', act: async () => undefined },
  {
    what: 'was reset, with the provider OKTA at once',
    reason: 'reset',
    act: resetPending,
    switches: { providerAtReset: 'OKTA' },
  },
  {
    what: 'was reset so, deactivated, and activated again without a password',
    reason: 'reset',
    act: async (org) => {
      const id = await resetPending(org)
      await lifecycle(org, id, 'deactivate')
      await lifecycle(org, id, 'activate')
    },
    switches: { providerAtReset: 'OKTA' },
  },
  {
    what: 'got the hook again after the move',
    reason: 'not_moved',
    act: async (org) => org.call('POST', `/api/v1/users/${await signedIn(org)}`, HOOK_PASSWORD),
  },
  {
    what: 'set a password after a reset',
    reason: undefined,
    evidence: 'password_changed',
    act: async (org) => {
      const id = await resetPending(org)
      await new Promise((resolve) => setTimeout(resolve, 2))
      const password = { credentials: { password: { value: PASSWORD } } }
      await org.call('POST', `/api/v1/users/${id}`, password)
    },
  },
  {
    what: 'has a directory that checks the password',
    reason: 'foreign',
    act: async (org) =>
      idOf(
        await org.create(
          { login: LOGIN, email: LOGIN, firstName: 'A', lastName: 'B' },
          { credentials: { provider: { type: 'FEDERATION', name: 'FEDERATION' } } },
          '?provider=true',
        ),
      ),
  },
  { what: 'moved too short a time ago', reason: 'recent', act: signedIn, days: 6 },
  {
    what: 'moved the day before, as --min-days allows',
    reason: undefined,
    act: signedIn,
    days: 2,
    args: ['--min-days', '1'],
  },
  {
    what: 'has changed the legacy password since',
    reason: 'changed_since',
    act: signedIn,
    people: [{ id: 1, login: LOGIN, changed: new Date(Date.now() + 86_400_000).toISOString() }],
    args: ['--password-changed', 'changed_at'],
  },
  {
    what: 'had changed the legacy password before',
    reason: undefined,
    act: signedIn,
    people: [{ id: 1, login: LOGIN, changed: '2020-01-01' }],
    args: ['--password-changed', 'changed_at'],
  },
  {
    what: 'has two accounts',
    reason: 'ambiguous',
    act: signedIn,
    people: [
      { id: 1, login: LOGIN },
      { id: 2, login: LOGIN.toUpperCase() },
    ],
  },
  {
    what: 'has an id that another row has',
    reason: 'id_shared',
    act: signedIn,
    people: [
      { id: 1n, login: LOGIN },
      { id: '1', login: 'x@example.com' },
    ],
  },
  { what: 'has no id', reason: 'id_unknown', act: signedIn, people: [{ id: null, login: LOGIN }] },
  {
    what: 'has an id with a line break',
    reason: 'id_unwritable',
    act: signedIn,
    people: [{ id: '1\n2', login: LOGIN }],
  },
]

describe('a person', () => {
  it.each(CASES)('$what: $reason', async (each) => {
    const { reason, act, switches = {}, args = [], days = 8, evidence } = each
    const stub = await startHookStub(VERIFIED)
    const hookUrl = `${stub.url}/hooks/okta/password-import`
    const people = each.people ?? [{ id: 1, login: LOGIN }]
    const purge = await startPurge(act, {
      people,
      switches,
      hookUrl,
    })
    await purge.close()
    const { purged, leftOut, byEvidence } = await purge.count(args, days)
    if (reason === undefined) expect([purged, leftOut]).toEqual([1, {}])
    else expect([purged, leftOut]).toEqual([0, expect.objectContaining({ [reason]: 1 })])
    if (evidence !== undefined) expect(byEvidence).toEqual({ [evidence]: 1 })
  })
})

describe('a purge', () => {
  it('writes SQL for those who have moved, and its check sees what the DBA has done', async () => {
    const purge = await startClosed()
    const ended = await purge.purge()
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    const before = await purge.check()
    expect([before.code, before.stdout]).toEqual([1, expect.stringContaining('2 of 2 people')])
    const url = `sqlite:${purge.path('legacy.sqlite')}`
    if (runScript('sqlite', url, purge.read('purge.sql')) === undefined) return
    expect(purge.hashed()).toEqual([3])
    expect((await purge.check()).code).toBe(0)
    const again = await purge.count()
    expect([again.purged, again.leftOut]).toEqual([0, { not_moved: 1, no_hash: 2 }])
  })

  it('writes private files without logins and hashes, whose digests its proof has', async () => {
    const purge = await startClosed({ env: { FINGERPRINT_KEY } })
    const { stdout } = await purge.purge()
    for (const name of ['purge.sql', 'proof.json', 'proof.csv']) {
      expect(statSync(purge.path(name)).mode & 0o777).toBe(0o600)
      expect(purge.read(name)).not.toMatch(/@example\.com|IsaacBrock|\$2b\$/)
      expect(purge.read(name)).not.toContain(LEGACY_HASH.slice(-20))
    }
    const digestOf = (name: string) => createHash('sha256').update(purge.read(name)).digest('hex')
    const proof = JSON.parse(purge.read('proof.json')) as Record<string, object>
    expect(proof).toMatchObject({
      schema: 'okta-migrate/purge-proof@1',
      versions: { program: '1.2.3' },
      counts: { people: 3, purged: 2, leftOut: { not_moved: 1 } },
      script: { sha256: digestOf('purge.sql'), transactions: 1 },
      list: { sha256: digestOf('proof.csv') },
      inputs: { users: { rows: 4 }, accounts: { rows: 3 } },
    })
    expect(proof['steps']).toEqual([
      expect.objectContaining({ step: 'plan' }),
      expect.objectContaining({ step: 'close', requestId: expect.any(String) as string }),
      expect.objectContaining({ step: 'purge', state: 'open', people: 2 }),
    ])
    expect(stdout).toContain(digestOf('proof.json'))
    // A fingerprint of the person, as the ledger has it.
    expect(purge.read('proof.csv')).toMatch(/^person,[^\r]+\r\n[\w-]{16},provider,/)
  })

  it('writes nothing before the number is confirmed, and in a dry run', async () => {
    const purge = await startClosed()
    const host = new URL(purge.org.url).host
    for (const args of [['--dry-run'], [], ['--yes', `${host}:1`], ['--yes', `${host}:3`]]) {
      const { code, stderr } = await purge.run(args)
      expect([code, stderr]).toEqual(
        args[0] === '--dry-run' ? [0, ''] : [1, expect.stringContaining(`${host}:2`)],
      )
    }
    expect(existsSync(purge.path('purge.sql'))).toBe(false)
    expect(purge.steps().map(([step]) => step)).toEqual(['plan', 'close'])
  })

  it('replaces its own files, and no others', async () => {
    const purge = await startClosed()
    await purge.purge()
    expect((await purge.purge()).code).toBe(0)
    expect(readdirSync(purge.dir).filter((name) => name.endsWith('.new'))).toEqual([])
    const legacy = await purge.run([
      '--yes',
      `${new URL(purge.org.url).host}:2`,
      '--out',
      purge.path('legacy.sqlite'),
    ])
    expect([legacy.code, legacy.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('is not replaced'),
    ])
    expect(purge.steps().at(-1)).toEqual(['purge', 'failed', 2])
    expect(purge.hashed()).toHaveLength(3)
  })

  it('comes after close, and no close comes after it', async () => {
    const purge = await startThree()
    expect((await purge.run(['--dry-run'])).stderr).toContain('cutoff plan first')
    await purge.close()
    expect((await purge.purge()).code).toBe(0)
    const state = ['--state', purge.path('state.sqlite')]
    expect((await purge.cutoff(['watch', '--once', ...state])).code).toBe(0)
    expect((await purge.cutoff(['close', ...state])).code).toBe(2)
    expect((await purge.purge()).code).toBe(0)
  })

  it('refuses a hook that somebody has activated', async () => {
    const purge = await startClosed()
    const { body } = await purge.org.call('GET', '/api/v1/inlineHooks')
    const [hook] = body as { id: string }[]
    await purge.org.call('POST', `/api/v1/inlineHooks/${hook?.id}/lifecycle/activate`)
    expect((await purge.run(['--dry-run'])).stderr).toContain('The hook is active')
  })

  it('is not written while another application uses the hashes', async () => {
    const purge = await startClosed()
    const state = ['--state', purge.path('state.sqlite')]
    await purge.cutoff(['plan', '--other-apps', 'wiki', ...state])
    const refused = await purge.run(['--dry-run'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('wiki')])
  })

  it('is not written while a list of resets is unfinished', async () => {
    const purge = await startClosed()
    const journal = openCutOffJournal(purge.path('cutoff.sqlite'), purge.org.url)
    const { hook = { hookId: '', status: '', url: '' } } = journal.steps().at(-1) ?? {}
    const people = ['x', 'y'].map((oktaId) => ({ oktaId, login: oktaId, changed: null }))
    const { number } = journal.resets.begin({ who: 'likely', links: null }, people, () =>
      journal.begin({ step: 'reset', hook, people: 2 }, Date.now()),
    )
    journal.resets.intend(journal.resets.next(number)?.number ?? 0, Date.now())
    journal.close()
    const refused = await purge.run(['--dry-run'])
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/has 1 person who waits, and 1 reset whose result is not known/),
    ])
    const ended = openCutOffJournal(purge.path('cutoff.sqlite'), purge.org.url)
    ended.end(number, { state: 'done', evidence: 'answered' }, Date.now())
    ended.close()
    expect((await purge.purge()).code).toBe(0)
  })

  it('goes on after a run that was killed while it wrote', async () => {
    const purge = await startClosed()
    purge.beginAnother()
    expect((await purge.purge()).code).toBe(0)
    expect(purge.steps().slice(-2)).toEqual([
      ['purge', 'failed', 2],
      ['purge', 'done', 2],
    ])
  })
})

describe('the check', () => {
  it('counts whose hash is another one, and refuses a file that was changed', async () => {
    const purge = await startClosed()
    await purge.purge()
    purge.exec("UPDATE people SET password_hash = 'new' WHERE id = '007'")
    expect((await purge.check()).stdout).toMatch(/FAILED: 2 of 2[^]+1 as it was[^]+1 another one/)
    appendFileSync(purge.path('purge.sql'), '-- edited\n')
    const refused = await purge.check()
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('not the file')])
  })

  it('says what is missing before a purge', async () => {
    const purge = await startClosed()
    expect((await purge.check()).code).toBe(2)
  })
})

describe('the statement', () => {
  it.each([
    ['SELECT * FROM people WHERE id = :id', 'UPDATE or DELETE'],
    ['UPDATE people SET password_hash = NULL', 'WHERE'],
    ['UPDATE people SET password_hash = NULL WHERE login = id', ':id once'],
    [`${PURGE_SQL} OR id = :id`, 'OR'],
    [`${PURGE_SQL} OR 1`, 'OR'],
    [PURGE_SQL.replace('WHERE ', 'WHERE id BETWEEN 1 AND '), 'BETWEEN'],
    [`${PURGE_SQL}; DROP TABLE people`, 'one statement'],
    [`${PURGE_SQL} -- x`, 'comment'],
    ['UPDATE people SET password_hash = NULL WHERE id > :id', 'WHERE id = :id'],
    ['UPDATE people SET password_hash = NULL WHERE id = (SELECT :id)', 'simple'],
    ['UPDATE people SET password_hash = NULL WHERE 1 || id = :id', 'OR'],
    ['UPDATE people SET password_hash = NULL, wave = NULL WHERE id = :id', '--hash-column'],
    ['UPDATE people SET password_hash = now() WHERE id = :id', 'NULL, or to a text'],
    ['DELETE FROM people WHERE id = :id', '--hash-column'],
    ['UPDATE persons SET password_hash = NULL WHERE id = :id', 'no table persons'],
    ['UPDATE people SET pasword_hash = NULL WHERE id = :id', 'no column pasword_hash'],
  ])('%s is refused', async (sql, why) => {
    const purge = await startClosed({ sql })
    const { code, stderr } = await purge.run(['--dry-run'])
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
  })

  it.each([
    [
      'UPDATE "main"."people" SET "password_hash" = NULL, wave = \'purged\' WHERE enabled = 1 AND "id" = :id;',
      ['--hash-column', '"password_hash"'],
    ],
    ["UPDATE people SET password_hash = 'no; hash' WHERE id = :id", []],
    ['DELETE FROM people WHERE id = :id', ['--hash-column', 'password_hash']],
  ])('%s is taken', async (sql, args) => {
    const purge = await startClosed({ sql })
    expect((await purge.purge(args)).stderr).toBe('')
    const said = runScript(
      'sqlite',
      `sqlite:${purge.path('legacy.sqlite')}`,
      purge.read('purge.sql'),
    )
    if (said === undefined) return
    expect(said).toBe('')
    const checked = await purge.check()
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('2 people')])
  })

  it('must not empty a column that is NOT NULL', async () => {
    const purge = await startThree()
    purge.exec(
      'CREATE TABLE strict AS SELECT * FROM people; DROP TABLE people; CREATE TABLE people (id, login, password_hash NOT NULL, enabled, last_login, first_name, last_name, changed_at, wave); INSERT INTO people SELECT * FROM strict',
    )
    await purge.close()
    const { code, stderr } = await purge.run(['--dry-run'])
    const advice = "SET password_hash = '' WHERE"
    expect([code, stderr]).toEqual([2, expect.stringContaining(advice)])
    const plan = (sql: string) => purge.cutoff(['plan', '--dry-run', '--sql', sql])
    expect((await plan(PURGE_SQL)).stdout).toMatch(
      /NOT NULL[^]+SET password_hash = '' WHERE[^]+\(purge_sql\)/,
    )
    const planned = await plan(PURGE_SQL.replace('NULL', "''"))
    expect(planned.stdout).not.toMatch(/purge_sql|was not tried/)
    expect((await plan('DROP TABLE people')).stdout).toContain('(purge_sql)')
  })
})
