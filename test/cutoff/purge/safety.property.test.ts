/** Nobody without a password in Okta is in a purge: random stores and orgs, each open question answered in both ways. */
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { SWITCHES, switchSchema, type Switches } from '../../../src/sandbox/switches.ts'
import { foldLogin } from '../../../src/login.ts'
import { LEGACY_HASH, lifecycle } from '../../support/campaign.ts'
import { fc } from '../../support/properties.ts'
import { startPurge } from '../../support/purge.ts'
import {
  HOOK_PASSWORD,
  profileFor,
  startHookStub,
  VERIFIED,
  type TestSandbox,
} from '../../support/sandbox.ts'

const RUNS = Number(process.env['PURGE_RUNS'] ?? 20)

/** Few, so that they meet: some are one login to Okta. */
const LOGINS = [
  'zoe@example.com',
  'Zoë@example.com',
  'ann@example.com',
  'bob@example.com',
  'eve@example.com',
]
const PASSWORD = 'Float on, 2004!'

const ACTS = [
  ...([
    'signIn',
    'signIn',
    'reset',
    'forgot',
    'useLink',
    'useLink',
    'setHook',
    'setValue',
  ] as const),
  ...(['suspend', 'unsuspend', 'deactivate', 'activate', 'expire_password', 'unlock'] as const),
  'expire_password_with_temp_password' as const,
]

const USER = fc.record({
  login: fc.constantFrom(...LOGINS),
  first: fc.constantFrom('hook', 'hook', 'hook', 'staged', 'none', 'value'),
  acts: fc.array(fc.constantFrom(...ACTS), { maxLength: 7 }),
})

type User = typeof USER extends fc.Arbitrary<infer T> ? T : never

/** Of untyped columns, so that 7, '7' and the bytes of it are three. */
const ROW = fc.record({
  id: fc.constantFrom<unknown[]>(
    1n,
    2n,
    7n,
    '7',
    '007',
    '7.0',
    "o'neil",
    '\\',
    Buffer.from('7'),
    null,
  ),
  login: fc.constantFrom(...LOGINS),
  enabled: fc.constantFrom(1, 1, 1, 0),
})

type Row = typeof ROW extends fc.Arbitrary<infer T> ? T : never

const switches = fc.record(
  Object.fromEntries(
    Object.entries(SWITCHES).map(([name, { answers }]) => [name, fc.constantFrom(...answers)]),
  ),
) as unknown as fc.Arbitrary<Switches>

/** One who is purged beside one who is not, whatever else is drawn. */
const PURGED_AND_LEFT: [Switches, User[], Row[]] = [
  switchSchema.parse({}),
  [
    { login: 'ann@example.com', first: 'hook', acts: ['signIn'] },
    { login: 'bob@example.com', first: 'hook', acts: [] },
  ],
  [
    { id: 1n, login: 'ann@example.com', enabled: 1 },
    { id: 2n, login: 'bob@example.com', enabled: 1 },
  ],
]

const CREATION = {
  hook: [HOOK_PASSWORD, ''],
  staged: [HOOK_PASSWORD, '?activate=false'],
  none: [{}, ''],
  value: [{ credentials: { password: { value: PASSWORD } } }, ''],
} as const

const tokenOf = (answer: unknown): string | undefined =>
  (answer as { resetPasswordUrl?: string }).resetPasswordUrl?.split('/').at(-1)

/** What Okta refuses has no effect. */
const play = async (org: TestSandbox, { login, first, acts }: User): Promise<void> => {
  const [credentials, query] = CREATION[first]
  const { body } = await org.create(profileFor(login), credentials, query)
  const { id } = body as { id?: string }
  if (id === undefined) return
  let token: string | undefined
  for (const act of acts) {
    if (act === 'signIn') await org.signIn(login, PASSWORD)
    else if (act === 'setHook') await org.call('POST', `/api/v1/users/${id}`, HOOK_PASSWORD)
    else if (act === 'setValue') {
      const password = { credentials: { password: { value: PASSWORD } } }
      await org.call('POST', `/api/v1/users/${id}`, password)
    } else if (act === 'reset') {
      token = tokenOf((await lifecycle(org, id, 'reset_password')).body) ?? token
    } else if (act === 'forgot') {
      const path = `/api/v1/users/${id}/credentials/forgot_password?sendEmail=false`
      token = tokenOf((await org.call('POST', path)).body) ?? token
    } else if (act === 'useLink') {
      const answer = await org.call('POST', '/api/v1/authn/recovery/token', {
        recoveryToken: token,
      })
      const { stateToken } = answer.body as { stateToken?: string }
      const newPassword = { stateToken, newPassword: PASSWORD }
      await org.call('POST', '/api/v1/authn/credentials/reset_password', newPassword)
    } else await lifecycle(org, id, act)
  }
}

it(
  'purges nobody without a password of their own in Okta, whichever way the open questions are answered',
  { timeout: RUNS * 10_000 },
  async () => {
    let [purgedEver, leftEver] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        switches,
        fc.array(USER, { minLength: 1, maxLength: 6 }),
        fc.array(ROW, { minLength: 1, maxLength: 8 }),
        async (chosen, users, rows) => {
          const stub = await startHookStub(VERIFIED)
          const purge = await startPurge(
            async (org) => {
              for (const user of users) await play(org, user)
            },
            {
              switches: chosen,
              hookUrl: `${stub.url}/hooks/okta/password-import`,
              people: rows.map((row, n) => ({ ...row, hash: `${LEGACY_HASH.slice(0, -1)}${n}` })),
            },
          )
          await purge.close()
          const { purged } = await purge.count(['--min-days', '0'], 0)
          const ended = await purge.purge(['--min-days', '0'], 0)
          expect([ended.code, ended.stderr]).toEqual([0, ''])
          const db = new Database(purge.path('legacy.sqlite'))
          const script = purged === 0 ? '' : purge.read('purge.sql')
          db.exec(script.replace('.bail on', ''))
          const all = db.prepare('SELECT login, password_hash AS hash FROM people').all()
          db.close()
          const gone = (all as { login: string; hash: string | null }[]).filter(
            ({ hash }) => hash === null,
          )
          expect(gone).toHaveLength(purged)
          purgedEver += purged
          leftEver += rows.length - purged
          const inOkta = [...purge.org.users()]
          for (const { login } of gone) {
            const same = inOkta.filter(
              ({ profile }) => foldLogin(String(profile['login'])) === foldLogin(login),
            )
            expect(same.map(({ password }) => password)).toEqual(['stored'])
            expect(same.map(({ status }) => status)).not.toContain('RECOVERY')
          }
        },
      ),
      { numRuns: RUNS, examples: [PURGED_AND_LEFT] },
    )
    expect(Math.min(purgedEver, leftEver)).toBeGreaterThan(0)
  },
)
