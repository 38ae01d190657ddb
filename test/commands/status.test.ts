/** `okta-migrate status`: whom it counts and in which state, its list, and what it says without a source. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { openCampaignState } from '../../src/campaign/state/state-file.ts'
import { systemClock } from '../../src/clock.ts'
import type { Perform } from '../../src/commands/context.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import type { StopSignal } from '../../src/ops/shutdown.ts'
import {
  addMoved,
  addPending,
  decided,
  decidedEarlier,
  LEGACY_HASH,
  lifecycle,
  makeLedger,
  makeLegacyStore,
  oktaOf,
} from '../support/campaign.ts'
import { runCommand, type Ended } from '../support/command.ts'
import { createHost, runInProcess } from '../support/in-process.ts'
import { oktaError, startOkta, type StubAnswer } from '../support/okta-server.ts'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const NOW = Date.UTC(2026, 10, 27, 13)

const runStatus = (dir: string, env: Record<string, string>, ...args: string[]): Promise<Ended> => {
  const clock = { ...systemClock, epochMs: () => NOW }
  const state = join(dir, 'state.sqlite')
  return runInProcess((perform) => statusCommand(perform, clock), ['--state', state, ...args], env)
}

const objectOf = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, Record<string, number>>

/** One person for each state. */
const makeCampaign = async () => {
  const dir = tempDir()
  const org = await startTestSandbox({ startedAt: Date.UTC(2026, 9, 4) })
  const store = makeLegacyStore(dir, [
    { id: 1, login: 'off@example.com', enabled: 0 },
    { id: 2, login: 'missing@example.com' },
    { id: 3, login: 'Moved@Example.com', seen: '2026-10-01' },
    { id: 4, login: 'locked@example.com', seen: '2026-08-01' },
    { id: 5, login: 'blocked@example.com', hash: LEGACY_HASH.slice(0, 59) },
    { id: 6, login: 'again@example.com', seen: '2026-01-01' },
    { id: 7, login: 'verified@example.com' },
    { id: 8, login: 'tried@example.com', seen: '2026-10-20' },
    { id: 9, login: 'silent@example.com', seen: '2020-01-01' },
    { id: 10, login: 'zoé@example.com' },
    { id: 11, login: 'zoë@example.com' },
    { id: 12, login: 'left@example.com' },
    { id: 13, login: 'elsewhere@example.com' },
  ])
  await addMoved(org, 'moved@example.com')
  await addMoved(org, 'elsewhere@example.com')
  for (const name of ['off', 'blocked', 'again', 'verified', 'tried', 'silent', 'zoe', 'new']) {
    await addPending(org, `${name}@example.com`)
  }
  await lifecycle(org, await addPending(org, 'locked@example.com'), 'reset_password')
  await lifecycle(org, await addMoved(org, 'left@example.com'), 'deactivate')
  const ledger = await makeLedger(dir, [
    decided('id 3', 'UNVERIFIED', { decidedAt: '2026-10-06T08:00:00.000Z' }),
    decided('id 3', 'VERIFIED', { decidedAt: '2026-11-25T09:00:00.000Z' }),
    decided('id 6', 'VERIFIED', { oktaEventId: 'a', decidedAt: '2026-10-05T08:00:00.000Z' }),
    decided('id 6', 'VERIFIED', { oktaEventId: 'b', decidedAt: '2026-10-07T08:00:00.000Z' }),
    // Okta repeated one call at another replica.
    decided('id 7', 'VERIFIED', { oktaEventId: 'c', decidedAt: '2026-10-07T08:00:00.000Z' }),
    decided('id 7', 'VERIFIED', { oktaEventId: 'c', decidedAt: '2026-10-07T08:00:03.000Z' }),
    decided('id 8', 'UNVERIFIED'),
    decidedEarlier('tried@example.com', 'UNVERIFIED'),
    decided('login nobody@example.com', 'UNVERIFIED'),
  ])
  return { dir, org, env: { ...store, ...ledger, ...oktaOf(org) }, store, ledger }
}

describe('the status of a campaign', () => {
  it('counts each person once, in the first state that fits', async () => {
    const { dir, env } = await makeCampaign()
    const { code, stdout, stderr } = await runStatus(dir, env, '--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'okta-migrate/status@1',
      goLive: '2026-10-05',
      day: 53,
      moved: 2,
      notMoved: { people: 7, silent: 1, tried: 1, verified: 1, again: 1, blocked: 2, locked: 1 },
      native: { people: 0, signedIn: 0 },
      // The admin of the sandbox, and one whom nobody can verify.
      notCounted: { disabled: 1, missing: 1, deactivated: 1, unknown: 2, foreign: 0, strangers: 1 },
      perDay: expect.arrayContaining([['2026-11-25', 1]]) as unknown,
      sources: {
        ledger: {
          ...{
            read: 9,
            oldestAt: '2026-10-01T12:00:00.000Z',
            newestAt: '2026-11-25T09:00:00.000Z',
          },
          bytes: expect.any(Number) as unknown,
        },
      },
    })
  })

  it('says it in words', async () => {
    const { dir, env } = await makeCampaign()
    const { stdout } = await runStatus(dir, env)
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+, day 53\. Read 13 users from Okta in /)
    expect(stdout).toMatch(/^Moved +2 +22\.2 % {3}\d in the last 7 days$/m)
    expect(stdout).toMatch(/^ {2}tried +1 {3}wrong passwords only$/m)
    expect(stdout).toMatch(/^ {2}30 days or less +2 +1 +1$/m)
    expect(stdout).toMatch(
      /^ {2}ledger +9 decisions of sqlite:\S+, from 2026-10-01 on, the newest .* old, \d+ KiB$/m,
    )
  })

  it('lists those who have not moved, for their owner alone, last seen first, without a hash', async () => {
    const { dir, env } = await makeCampaign()
    const left = join(dir, 'left.csv')
    const { stdout } = await runStatus(dir, env, '--left', left)
    const text = readFileSync(left, 'utf8')
    const rows = parse<Record<string, string>>(text, { columns: true })
    expect(rows.map(({ state }) => state).join(' ')).toBe(
      'tried locked again silent blocked verified blocked',
    )
    expect(rows[0]).toMatchObject({
      login: 'tried@example.com',
      last_seen: '2026-10-20T00:00:00.000Z',
      reason: 'wrong passwords only (2 attempts)',
    })
    expect(rows.find(({ login }) => login === 'zoe@example.com')?.['reason']).toBe(
      'ambiguous_login',
    )
    const all = stdout + text + readFileSync(join(dir, 'state.sqlite'), 'latin1')
    expect(all).not.toContain(LEGACY_HASH.slice(7, 29))
    expect(statSync(left).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'state.sqlite')).mode & 0o777).toBe(0o600)
    expect(existsSync(`${left}.new`)).toBe(false)
  })
})

it('counts as moved only a person whose password in Okta is certain', async () => {
  const dir = tempDir()
  const org = await startTestSandbox({ switches: { providerAtReset: 'OKTA' } })
  const names = ['staged', 'provisioned', 'reset', 'returned', 'suspended', 'moved', 'waiting']
  const loginOf = (name: string): string => `${name}@example.com`
  const store = makeLegacyStore(
    dir,
    names.map((name, id) => ({ id, login: loginOf(name) })),
  )
  await org.call('POST', '/api/v1/users?activate=false', { profile: profileFor(loginOf('staged')) })
  await org.call('POST', '/api/v1/users', { profile: profileFor(loginOf('provisioned')) })
  await lifecycle(org, await addPending(org, loginOf('reset')), 'reset_password')
  await lifecycle(org, await addMoved(org, loginOf('returned')), 'reset_password')
  await lifecycle(org, await addMoved(org, loginOf('suspended')), 'suspend')
  await addMoved(org, loginOf('moved'))
  await addPending(org, loginOf('waiting'))
  const env = { ...store, ...(await makeLedger(dir, [])), ...oktaOf(org) }
  const left = join(dir, 'left.csv')
  const report = objectOf(await runStatus(dir, env, '--json', '--left', left))
  expect(report['moved']).toBe(1)
  expect(report['notMoved']).toMatchObject({ people: 6, locked: 5, silent: 1 })
  const rows = parse<Record<string, string>>(readFileSync(left, 'utf8'), { columns: true })
  expect(rows.map(({ login, state }) => `${login} ${state}`).sort()).toEqual(
    names
      .filter((name) => name !== 'moved')
      .map((name) => `${loginOf(name)} ${name === 'waiting' ? 'silent' : 'locked'}`)
      .sort(),
  )
})

it('says at Ctrl-C that nothing was counted, and leaves its files as they were', async () => {
  const dir = tempDir()
  let signal: (name: StopSignal) => void = () => undefined
  const users = [1, 2].map((n) => ({ id: `00u${n}`, profile: { login: `u${n}@example.com` } }))
  const okta = await startOkta(() => {
    signal('SIGINT')
    return { body: users }
  })
  const env = { ...oktaOf(okta), LEDGER_DB_URL: 'off' }
  const { host, written } = createHost([], env)
  const listening = { ...host, onSignal: (listener: typeof signal) => void (signal = listener) }
  let code: number | undefined
  const perform: Perform = async (work) => void (code = await work(listening))
  const state = join(dir, 'state.sqlite')
  await statusCommand(perform).parseAsync(['--state', state], { from: 'user' })
  expect([code, written.stdout]).toEqual([130, ''])
  expect(written.stderr).toContain('Interrupted: nothing was counted, no file was changed.')
  expect(written.stderr).not.toContain('finish')
})

it('says of a ledger that is not there that a server makes it', async () => {
  const dir = tempDir()
  const org = await startTestSandbox()
  const LEDGER_DB_URL = `sqlite:${join(dir, 'absent.sqlite')}`
  const { code, stderr } = await runStatus(dir, { ...oktaOf(org), LEDGER_DB_URL })
  expect([code, stderr]).toEqual([2, expect.stringContaining('absent.sqlite does not exist.')])
  expect(stderr).toContain('start that server first: it makes the ledger')
})

describe('without', () => {
  it('the ledger nobody has tried, and a move has the time that Okta knows', async () => {
    const { dir, org, store } = await makeCampaign()
    const ended = await runStatus(dir, { ...store, ...oktaOf(org), LEDGER_DB_URL: 'off' }, '--json')
    expect(objectOf(ended)['notMoved']).toMatchObject({ silent: 4, tried: 0, blocked: 2 })
    expect(ended.stdout).toContain('"missing":"LEDGER_DB_URL is off"')
    const { stdout } = await runStatus(dir, { ...store, ...oktaOf(org), LEDGER_DB_URL: 'off' })
    expect(stdout).toContain('The day of go-live is not known')
  })

  it('the legacy store every user of the org counts, and the report says so', async () => {
    const { dir, org, ledger } = await makeCampaign()
    const { stdout, code } = await runStatus(dir, { ...ledger, ...oktaOf(org) })
    expect(stdout).toContain('not read (set LEGACY_DB_URL, or say --legacy FILE)')
    expect(stdout).toMatch(/^Moved +3 /m)
    expect(code).toBe(0)
  })
})

const JOURNAL_ROWS = 'email,firstName,lastName,password_hash'

describe('users who were imported with their hash', () => {
  it('are set apart by the journal of the import, with those who have signed in', async () => {
    const dir = tempDir()
    const org = await startTestSandbox()
    const people = ['ann', 'bob'].map((name, id) => ({ id, login: `${name}@example.com` }))
    const store = makeLegacyStore(dir, [...people, { id: 9, login: 'cid@example.com' }])
    const file = join(dir, 'users.csv')
    const rows = people.map(({ login }) => `${login},A,B,${hashSync('Float on, 2004!', 4)}`)
    writeFileSync(file, [JOURNAL_ROWS, ...rows].join('\n'))
    const imported = await runCommand(['import', file, '--mode', 'hash', '--yes'], oktaOf(org))
    expect(imported.code).toBe(0)
    await addPending(org, 'cid@example.com')
    expect((await org.signIn('ann@example.com', 'Float on, 2004!')).status).toBe(200)
    const env = { ...store, ...oktaOf(org) }
    const plain = objectOf(await runStatus(dir, env, '--json'))
    const known = await runStatus(dir, env, '--json', '--journal', `${file}.journal`)
    expect(objectOf(known)['native']).toEqual({ people: 2, signedIn: 1 })
    expect(objectOf(known)['notMoved']).toMatchObject({ people: 1, silent: 1 })
    // Nothing else tells them from those who wait for the hook.
    expect(plain['native']).toEqual({ people: 0, signedIn: 0 })
  })

  it('of another org are none of this one, and a journal that is not there is an error', async () => {
    const dir = tempDir()
    const org = await startTestSandbox()
    const other = await startTestSandbox()
    const file = join(dir, 'users.csv')
    writeFileSync(file, `${JOURNAL_ROWS}\nann@example.com,A,B,${hashSync('x', 4)}`)
    await runCommand(['import', file, '--mode', 'hash', '--yes'], oktaOf(other))
    const ended = await runStatus(dir, oktaOf(org), '--journal', `${file}.journal`)
    expect(ended.stderr).toContain('has no users who were imported with their hash into this org')
    const absent = await runStatus(dir, oktaOf(org), '--journal', join(dir, 'absent'))
    expect(absent.code).not.toBe(0)
    expect(existsSync(join(dir, 'absent'))).toBe(false)
  })
})

describe('a source that fails half-way', () => {
  const SQL = 'SELECT id, login, password_hash, enabled, last_login FROM people'

  /** A run that went well, and its files. */
  const runBefore = async () => {
    const campaign = await makeCampaign()
    const left = join(campaign.dir, 'left.csv')
    const paths = [left, join(campaign.dir, 'state.sqlite')]
    await runStatus(campaign.dir, campaign.env, '--left', left)
    const read = () => paths.map((path) => readFileSync(path, 'latin1'))
    return { ...campaign, left, before: read(), read }
  }

  it('be it the store: ends with 1, and leaves the list and the state as they were', async () => {
    const { dir, env, left, before, read } = await runBefore()
    // The count of rows does not compute the column.
    const broken = SQL.replace('last_login', "iif(id = 9, json('{'), NULL) AS last_login")
    const more = { LEGACY_AUDIT_SQL: broken }
    const { code, stdout, stderr } = await runStatus(dir, { ...env, ...more }, '--left', left)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Reading from the legacy database failed after row 8')
    expect(read()).toEqual(before)
  })

  it('be it Okta: the same', async () => {
    const { dir, env, left, before, read } = await runBefore()
    const user = { id: '00u1', profile: { login: 'ann@example.com' } }
    const okta = await startOkta(({ path, headers }): StubAnswer => {
      const link = `<http://${headers.host}/api/v1/users?after=1>; rel="next"`
      if (path.includes('after')) return { status: 403, body: oktaError('E0000006') }
      return { body: [user], headers: { link } }
    })
    const more = { OKTA_ORG_URL: okta.url }
    const { code, stdout, stderr } = await runStatus(dir, { ...env, ...more }, '--left', left)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Not everything could be read')
    expect(stderr).toContain('E0000006')
    expect(read()).toEqual(before)
  })

  it('be it the ledger: the same', async () => {
    const { dir, env, left, before, read } = await runBefore()
    const path = join(dir, 'ledger.sqlite')
    const db = new Database(path)
    db.exec('ALTER TABLE ledger_decisions RENAME TO gone')
    db.close()
    const { code, stderr } = await runStatus(dir, env, '--left', left)
    expect(code).not.toBe(0)
    expect(stderr).toContain('LEDGER_DB_URL: ')
    expect(read()).toEqual(before)
  })

  it('but Okta that asks to wait is waited for', async () => {
    const dir = tempDir()
    const user = { id: '00u1', profile: { login: 'ann@example.com' } }
    let asked = 0
    const okta = await startOkta((): StubAnswer => {
      if (asked++ !== 1) return { body: asked === 1 ? [user] : [] }
      const reset = String(Math.ceil(Date.now() / 1000) + 1)
      const headers = { 'x-rate-limit-limit': '600', 'x-rate-limit-remaining': '0' }
      return {
        status: 429,
        body: oktaError('E0000047'),
        headers: { ...headers, 'x-rate-limit-reset': reset, date: new Date().toUTCString() },
      }
    })
    const { code, stdout } = await runStatus(dir, oktaOf(okta), '--json')
    expect(code).toBe(0)
    expect(objectOf({ code, stdout, stderr: '' })['sources']).toMatchObject({ users: { read: 1 } })
    expect(asked).toBe(3)
  })
})

describe('what cannot be right', () => {
  it('is a ledger whose names are of another key', async () => {
    const { dir, env } = await makeCampaign()
    const entries = Array.from({ length: 10 }, (_, i) => decided(`id ${i + 1}`, 'VERIFIED'))
    await makeLedger(dir, entries)
    const other = { ...env, FINGERPRINT_KEY: 'another-key-for-fingerprints' }
    const { code, stderr } = await runStatus(dir, other)
    expect([code, stderr]).toEqual([2, expect.stringContaining('its names are of another key')])
  })

  it('is a column of last logins without dates', async () => {
    const { dir, env } = await makeCampaign()
    const { code, stderr } = await runStatus(dir, env, '--last-login', 'login')
    expect([code, stderr]).toEqual([2, expect.stringContaining('does not hold dates')])
  })

  it('is a state file that is something else: it is left as it is', async () => {
    const { dir, env } = await makeCampaign()
    const store = join(dir, 'legacy.sqlite')
    const before = readFileSync(store, 'latin1')
    const inPlace = await runStatus(dir, env, '--state', store)
    expect([inPlace.code, readFileSync(store, 'latin1')]).toEqual([2, before])
    const text = join(dir, 'notes.txt')
    writeFileSync(text, 'something that somebody needs, and no database at all')
    const { code } = await runStatus(dir, env, '--state', text)
    expect([code, readFileSync(text, 'utf8')]).toEqual([
      2,
      'something that somebody needs, and no database at all',
    ])
  })

  it('is a state file that another run is using', async () => {
    const { dir, env } = await makeCampaign()
    const state = openCampaignState(join(dir, 'state.sqlite'))
    const { code, stderr } = await runStatus(dir, env)
    expect([code, stderr]).toEqual([2, expect.stringContaining('Another run is using it.')])
    state.close()
    expect((await runStatus(dir, env)).code).toBe(0)
  })

  it('is one file for two purposes', async () => {
    const { dir, env } = await makeCampaign()
    const { code } = await runStatus(dir, env, '--left', join(dir, 'state.sqlite'))
    expect(code).toBe(2)
  })
})
