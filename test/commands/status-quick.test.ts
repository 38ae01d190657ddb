/** `status --quick`: what each change costs and shows, and when it reads everything after all. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCommand, type Ended } from '../support/command.ts'
import { makeLegacyStore, oktaOf } from '../support/campaign.ts'
import { loginOfPerson, startLivingOrg, type LivingOrg } from '../support/living-org.ts'
import { HOOK_PASSWORD, startTestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const STATE = 'state.sqlite'

interface Report {
  readonly moved: number
  readonly sources: {
    readonly users: {
      readonly read: number
      readonly readAt: string
      readonly notQuick?: string
      readonly quick?: { readonly pages: number; readonly events: number; readonly users: number }
    }
    readonly legacy: { readonly readAt: string }
  }
}

const reportOf = ({ code, stdout, stderr }: Ended) => {
  expect([code, stderr.replace(/^Reading all users, because .*\n/, '')]).toEqual([0, ''])
  return JSON.parse(stdout) as Report
}

const countsOf = (ended: Ended): object => ({
  ...reportOf(ended),
  ...{ sources: undefined, files: undefined },
})

const person = ({ dir }: LivingOrg, id: number) => {
  const db = new Database(join(dir, STATE))
  const sql = 'SELECT state, moved_at AS movedAt, evidence FROM people WHERE login = ?'
  const found = db.prepare(sql).get(loginOfPerson(id))
  db.close()
  return found as { state: string; movedAt: number; evidence: string } | undefined
}

const expectEqualToFull = async (living: LivingOrg, quick: Ended): Promise<void> => {
  expect(countsOf(quick)).toEqual(countsOf(await living.status('fresh.sqlite')))
}

describe('a change', () => {
  it.each<[string, (org: LivingOrg) => unknown, (org: LivingOrg) => unknown, number]>([
    ['nothing', () => 0, () => 0, 0],
    ['a move', () => 0, (org) => org.signIn(3, 'right'), 0],
    ['a wrong password', () => 0, (org) => org.signIn(3, 'wrong'), 0],
    ['a reset', () => 0, (org) => org.act(3, 'reset_password'), 1],
    ['a new password', (org) => org.act(3, 'reset_password'), (org) => org.setPassword(3), 1],
    ['a deactivation', () => 0, (org) => org.act(3, 'deactivate'), 1],
    ['an activation', (org) => org.act(3, 'deactivate'), (org) => org.act(3, 'activate'), 1],
    ['a deletion', (org) => org.act(3, 'deactivate'), (org) => org.delete(3), 1],
    ['a creation', () => 0, (org) => org.create(7), 1],
    ['another login', () => 0, (org) => rename(org, 3), 1],
  ])('%s is seen by its event, and by a read of the user where that is needed', async (...row) => {
    const [, before, change, users] = row
    const living = await startLivingOrg(8)
    await before(living)
    living.wait(2)
    await living.status(STATE)
    living.wait(48)
    await change(living)
    const quick = await living.status(STATE, '--quick')
    await expectEqualToFull(living, quick)
    expect(reportOf(quick).sources.users.quick?.users).toBe(users)
    // What was read once is not read again.
    living.wait(1)
    const again = reportOf(await living.status(STATE, '--quick'))
    expect(again.sources.users.quick).toEqual({ pages: 1, events: 0, users: 0 })
  })

  const rename = (org: LivingOrg, id: number) =>
    org.update(id, { profile: { login: 'new.name@example.com' } })

  it('that moves somebody has the time of the event, which later full runs keep', async () => {
    const living = await startLivingOrg(6)
    await living.status(STATE)
    living.wait(30)
    const at = living.now()
    await living.signIn(3, 'right')
    living.wait(30)
    await living.status(STATE, '--quick')
    const moved = { state: 'moved', movedAt: at, evidence: 'event' }
    expect(person(living, 3)).toEqual(moved)
    await living.status(STATE)
    expect(person(living, 3)).toEqual(moved)
    await living.setPassword(4)
    await living.status(STATE, '--quick')
    expect(person(living, 4)).toMatchObject({ state: 'moved', evidence: 'provider' })
    expect(person(living, 3)).toEqual(moved)
  })

  it('that the list of users has seen is not undone by an older event', async () => {
    const living = await startLivingOrg(5)
    living.wait(2)
    await living.signIn(3, 'right')
    living.wait(0.1)
    await living.update(3, HOOK_PASSWORD)
    living.wait(0.1)
    await living.status(STATE)
    const quick = await living.status(STATE, '--quick')
    expect(person(living, 3)?.state).toBe('verified')
    await expectEqualToFull(living, quick)
  })

  it('that Okta stores late in the log is seen later', async () => {
    const living = await startLivingOrg(5)
    await living.status(STATE)
    living.org.setFaults({ logDelayMs: 3_600_000 })
    await living.signIn(3, 'right')
    living.org.setFaults({ logDelayMs: 0 })
    living.wait(2)
    const quick = await living.status(STATE, '--quick')
    expect(reportOf(quick).moved).toBe(1)
  })

  it('of all sources is said with its age', async () => {
    const living = await startLivingOrg(5)
    await living.signIn(2, 'right')
    const full = reportOf(await living.status(STATE))
    living.wait(50)
    await living.signIn(3, 'right')
    const { sources } = reportOf(await living.status(STATE, '--quick'))
    expect(sources.users.readAt).toBe(full.sources.users.readAt)
    expect(sources.legacy.readAt).toBe(full.sources.legacy.readAt)
    const { stdout } = await living.inWords(STATE, '--quick')
    expect(stdout).toMatch(/, day 2\. Read 0 events and 0 users from Okta in /)
    expect(stdout).toMatch(
      /^ {2}Okta +5 users, as they were 2 days ago; changed since by 0 events/m,
    )
    expect(stdout).toMatch(/^ {2}legacy store +5 accounts of .*, as they were 2 days ago$/m)
  })
})

describe('everything is read', () => {
  const whyAfter = async (
    change: (living: LivingOrg) => unknown,
    ...args: string[]
  ): Promise<string | undefined> => {
    const living = await startLivingOrg(5)
    await living.status(STATE)
    await change(living)
    living.wait(1)
    const quick = await living.status(STATE, '--quick', ...args)
    await expectEqualToFull(living, quick)
    const { notQuick } = reportOf(quick).sources.users
    const { stdout } = await living.inWords(STATE, '--quick', ...args)
    expect(notQuick === undefined || stdout.length > 0).toBe(true)
    return notQuick
  }

  it.each<[string, (living: LivingOrg) => unknown, string]>([
    ['after 89 days', (living) => living.wait(89 * 24), 'the last run was 89 days ago'],
    ['where the clock went back', (living) => living.wait(-3), 'later time than this one'],
    [
      'where moves name nobody',
      (living) => moveUnnamed(living),
      'user.import.password names no user',
    ],
    ['where too much has changed', (living) => changeMany(living), 'the list of users is quicker'],
    [
      'where the state is of another version',
      (living) => exec(living, 'PRAGMA user_version = 1'),
      'no earlier run',
    ],
    [
      'where the state says too little',
      (living) => exec(living, "UPDATE meta SET value = '{}'"),
      'no earlier run',
    ],
    [
      'where Okta does not know the place',
      (living) => setNext(living, 'x'),
      'does not accept the place',
    ],
  ])('%s', async (_, change, why) => {
    expect(await whyAfter(change)).toContain(why)
  })

  const moveUnnamed = (living: LivingOrg) => {
    living.org.setSwitches({ importTarget: 'nobody' })
    return living.signIn(3, 'right')
  }

  const changeMany = async (living: LivingOrg) => {
    for (let id = 10; id < 120; id += 1) await living.create(id)
  }

  const exec = ({ dir }: LivingOrg, sql: string, ...values: unknown[]): void => {
    const db = new Database(join(dir, STATE))
    if (values.length > 0) db.prepare(sql).run(...values)
    else db.exec(sql)
    db.close()
  }

  const setNext = async (living: LivingOrg, after: string) => {
    await living.status(STATE, '--quick')
    exec(
      living,
      "UPDATE meta SET value = json_set(value, '$.log.from.next', ?)",
      `/api/v1/logs?after=${after}`,
    )
  }

  it('where there is no state, and the next run is quick', async () => {
    const living = await startLivingOrg(5)
    const first = reportOf(await living.status(STATE, '--quick'))
    expect(first.sources.users.notQuick).toContain('no earlier run')
    expect(reportOf(await living.status(STATE, '--quick')).sources.users.quick).toBeDefined()
    expect((await living.inWords('other.sqlite', '--quick')).stdout).toContain(
      'Everything was read in place of the changes (--quick), because there is no earlier run',
    )
  })

  it('where the org or the accounts are others', async () => {
    const living = await startLivingOrg(5)
    await living.status(STATE)
    const other = await startTestSandbox()
    const inOther = await living.statusWith(oktaOf(other), STATE, '--quick')
    expect(reportOf(inOther).sources.users.notQuick).toBe('the last run was of another org')
    const store = makeLegacyStore(tempDir(), [{ id: 1, login: 'a@example.com' }])
    await living.status(STATE)
    const elsewhere = await living.statusWith(store, STATE, '--quick')
    expect(reportOf(elsewhere).sources.users.notQuick).toContain('from elsewhere')
    const unlike = await living.status(STATE, '--quick', '--last-login', 'changed_at')
    expect(reportOf(unlike).sources.users.notQuick).toContain('from elsewhere')
  })
})

it('a link to another org in the state is not followed', async () => {
  const living = await startLivingOrg(5)
  const other = await startTestSandbox()
  await living.status(STATE)
  await living.status(STATE, '--quick')
  const db = new Database(join(living.dir, STATE))
  db.prepare("UPDATE meta SET value = json_set(value, '$.log.from.next', ?)").run(
    `${other.url}/api/v1/logs?after=1`,
  )
  db.close()
  const { code, stderr } = await living.status(STATE, '--quick')
  expect([code, stderr]).toEqual([3, expect.stringContaining('leads to another origin')])
  expect(other.calls()).toEqual([])
})

it('without the scope of the log, nothing is counted, and the state stays', async () => {
  const token = { scheme: 'Bearer', token: 'users-alone', scopes: ['okta.users.read'] } as const
  const living = await startLivingOrg(5, { tokens: [token] })
  await living.status(STATE)
  const env = { OKTA_API_TOKEN: '', OKTA_ACCESS_TOKEN: 'users-alone' }
  const ended = await living.statusWith(env, STATE, '--quick')
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('do not permit this')])
  expect(reportOf(await living.status(STATE, '--quick')).sources.users.quick).toBeDefined()
})

it('users who were imported with their hash are seen to sign in', async () => {
  const living = await startLivingOrg(5)
  const file = join(living.dir, 'natives.csv')
  const [head, hash] = ['email,firstName,lastName,password_hash', hashSync('Float on, 2004!', 4)]
  writeFileSync(file, `${head}\n${loginOfPerson(4)},A,B,${hash}\n`)
  await runCommand(['import', file, '--mode', 'hash', '--yes'], oktaOf(living.org))
  const journal = ['--journal', `${file}.journal`]
  const signedIn = async (...args: string[]) => {
    const report = reportOf(await living.status(STATE, ...journal, ...args))
    return [(report as Report & { native: object }).native, report.sources.users.notQuick]
  }
  expect(await signedIn()).toEqual([{ people: 1, signedIn: 0 }, undefined])
  expect((await living.org.signIn(loginOfPerson(4), 'Float on, 2004!')).status).toBe(200)
  expect(await signedIn('--quick')).toEqual([{ people: 1, signedIn: 1 }, undefined])
  // Until now the log was followed with their sign-ins, which a run without them does not ask for.
  const without = reportOf(await living.status(STATE, '--quick'))
  expect(without.sources.users.notQuick).toBe('the last run asked for other events')
})
