/** `reconcile` against a comparison of everybody with everybody, on random stores, orgs and ledgers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { reconcileCommand } from '../../src/commands/reconcile/reconcile.ts'
import { foldLogin } from '../../src/login.ts'
import { decided, makeLedger, makeLegacyStore, type LegacyPerson } from '../support/campaign.ts'
import { runInProcess } from '../support/in-process.ts'
import { startOkta, type StubAnswer } from '../support/okta-server.ts'
import { fc } from '../support/properties.ts'
import { makeTempDir, removeDir } from '../support/temp.ts'

/** Few, so that they meet: names that are one to Okta, and names that are not. */
const LOGINS = [
  'zoe@example.com',
  'Zoë@example.com',
  ' ZOË@EXAMPLE.COM ',
  'zoe',
  'か@example.com',
  'が@example.com',
  'ann@example.com',
  'ann@example.org',
  'ANN',
  'Ångström@example.com',
]

const ID = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  // Beyond what a number of JavaScript holds exactly.
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 60n + 2n }),
  fc.constantFrom('0b2a5f4e-93c1-4c4d-9a3e-5d1a2b3c4d5e', '0B2A5F4E', '7'),
  // One that is text in UTF-8, and one that is not.
  fc.constantFrom(Buffer.from('ab'), Buffer.from([0xff, 0x00, 0x80])),
  fc.constant(null),
)

const PERSON = fc.record({
  id: ID,
  login: fc.constantFrom(...LOGINS),
  enabled: fc.constantFrom(1, 1, 1, 0),
})

const USER = fc.record({
  login: fc.constantFrom(...LOGINS.map((login) => login.trim())),
  status: fc.constantFrom(
    ...['ACTIVE', 'ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'SUSPENDED'],
    ...['STAGED', 'PROVISIONED', 'RECOVERY', 'DEPROVISIONED'],
  ),
  provider: fc.constantFrom('OKTA', 'IMPORT', 'FEDERATION'),
})

type Person = LegacyPerson & (typeof PERSON extends fc.Arbitrary<infer T> ? T : never)
type User = typeof USER extends fc.Arbitrary<infer T> ? T : never

/** As the hook names the person of a row. */
const keyOf = ({ id, login }: Person): string => {
  if (Buffer.isBuffer(id)) return `id ${id.toString('hex')}`
  const name = login.trim().toLowerCase().normalize('NFC')
  return id === null ? `login ${name}` : `id ${id}`
}

const fold = ({ login }: { readonly login: string }): string => foldLogin(login.trim())

interface World {
  readonly people: readonly Person[]
  readonly users: readonly User[]
  /** Which people, by their place, have a VERIFIED. */
  readonly verified: readonly number[]
}

const firstOf = <T extends { readonly login: string }>(all: readonly T[]): T[] =>
  all.filter((one, at) => all.findIndex((other) => fold(other) === fold(one)) === at)

/** Everybody against everybody, without an index, a fold in SQL, or an order. */
const compareByForce = ({ people, users: all, verified }: World) => {
  const keys = new Set(verified.flatMap((at) => (people[at] ? [keyOf(people[at])] : [])))
  // Without the deactivated, Okta's list has the others first.
  const isGone = ({ status }: User): boolean => status === 'DEPROVISIONED'
  const users = firstOf([...all.filter((user) => !isGone(user)), ...all.filter(isGone)])
  // Of two accounts of one login, the enabled one counts.
  const accounts = firstOf([...people].sort((a, b) => b.enabled - a.enabled))
  const pairs = accounts.map((account) => {
    const user = users.find((each) => fold(each) === fold(account))
    // The lookup may return no id, and then the login names the person; a legacy login names everybody as Okta folds it.
    const names = [keyOf(account), keyOf({ ...account, id: null }), `login ${fold(account)}`]
    return { account, user, isVerified: names.some((name) => keys.has(name)) }
  })
  const there = pairs.filter(({ account, user }) => account.enabled === 1 && user && !isGone(user))
  const names = (found: readonly { login: string }[]): string[] => found.map(fold).sort()
  const accountsOf = (found: typeof pairs) => names(found.map(({ account }) => account))
  return {
    missing: accountsOf(pairs.filter(({ account, user }) => account.enabled === 1 && !user)),
    deactivated: accountsOf(
      pairs.filter(({ account, user }) => account.enabled === 1 && user && isGone(user)),
    ),
    leavers: accountsOf(
      pairs.filter(
        ({ account, user }) =>
          account.enabled === 0 &&
          user &&
          !['DEPROVISIONED', 'SUSPENDED', 'STAGED'].includes(user.status),
      ),
    ),
    strangers: names(
      users.filter(
        (user) =>
          user.provider === 'IMPORT' &&
          !isGone(user) &&
          !accounts.some((account) => fold(account) === fold(user)),
      ),
    ),
    unkept: accountsOf(
      there.filter(
        ({ user, isVerified }) =>
          isVerified && user?.provider === 'IMPORT' && user.status !== 'RECOVERY',
      ),
    ),
    elsewhere: accountsOf(
      there.filter(
        ({ user, isVerified }) =>
          !isVerified &&
          user?.provider === 'OKTA' &&
          ['ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT'].includes(user.status),
      ),
    ),
  }
}

const viewOf = ({ login, status, provider }: User, n: number) => ({
  ...{ id: `00u${n}`, status, created: '2026-10-01T00:00:00.000Z' },
  profile: { login, email: login, firstName: 'Isaac', lastName: 'Brock' },
  credentials: { provider: { type: provider, name: provider } },
})

const PAGE = 2

const startOrg = (world: { users: readonly User[] }) =>
  startOkta(({ path, headers }): StubAnswer => {
    const url = new URL(path, 'http://okta')
    const isGone = url.searchParams.has('filter')
    const listed = world.users
      .map(viewOf)
      .filter(({ status }) => (status === 'DEPROVISIONED') === isGone)
    const start = Number(url.searchParams.get('after') ?? 0)
    url.searchParams.set('after', String(start + PAGE))
    const link = `<http://${headers.host}${url.pathname}${url.search}>; rel="next"`
    const hasNext = start + PAGE < listed.length
    return { body: listed.slice(start, start + PAGE), ...(hasNext && { headers: { link } }) }
  })

const readLists = (dir: string, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => {
      const text = readFileSync(join(dir, 'out', `${name}.csv`), 'utf8')
      const rows = parse<{ login: string }>(text, { columns: true })
      return [name, rows.map(fold).sort()]
    }),
  )

it('finds what a comparison of everybody with everybody finds', async () => {
  const world: { users: readonly User[] } = { users: [] }
  const org = await startOrg(world)
  const okta = { OKTA_ORG_URL: org.url, OKTA_API_TOKEN: 'a-token' }
  const check = async (found: World): Promise<void> => {
    const dir = makeTempDir()
    try {
      world.users = found.users
      const people = found.people.filter(({ id }, at) => {
        const earlier = found.people.slice(0, at)
        return id === null || !earlier.some((other) => keyOf(other) === keyOf({ ...other, id }))
      })
      const verified = found.verified.filter((at) => at < people.length)
      const entries = verified.flatMap((at) => {
        const person = people[at]
        return person ? [decided(keyOf(person), 'VERIFIED')] : []
      })
      const env = {
        ...makeLegacyStore(dir, people),
        ...(await makeLedger(dir, entries)),
        ...okta,
      }
      const { stderr } = await runInProcess(reconcileCommand, ['--out', join(dir, 'out')], env)
      expect(stderr).toBe('')
      const expected = compareByForce({ people, users: found.users, verified })
      expect(readLists(dir, Object.keys(expected))).toEqual(expected)
    } finally {
      removeDir(dir)
    }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        people: fc.array(PERSON, { maxLength: 8 }),
        users: fc.array(USER, { maxLength: 8 }),
        verified: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 4 }),
      }),
      check,
    ),
    { numRuns: 60 },
  )
}, 120_000)
