/** People with habits, who sign in by themselves when the clock jumps, and the legacy store that fits them. */
import { compare } from 'bcryptjs'
import Database from 'better-sqlite3'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeLegacyFile } from '../../src/commands/sandbox/legacy-file.ts'
import { HABITS, type HabitsName } from '../../src/sandbox/people/habits.ts'
import { createRandom } from '../../src/sandbox/random.ts'
import { hookBody, startTestSandbox, UNVERIFIED, VERIFIED } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const START = Date.UTC(2026, 9, 5)
const DAY_MS = 86_400_000

interface Payload {
  readonly data: {
    readonly context: {
      readonly credential: { readonly username: string; readonly password: string }
    }
  }
}

/** A hook that verifies by the passwords that it is given. */
const startKnowingHook = async (passwords: ReadonlyMap<string, string>) => {
  const logins: string[] = []
  const server = createServer((req, res) => {
    let text = ''
    req.on('data', (chunk: Buffer) => (text += chunk.toString()))
    req.on('end', () => {
      const { username, password } = (JSON.parse(text) as Payload).data.context.credential
      logins.push(username)
      const isRight = passwords.get(username) === password
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify((isRight ? VERIFIED : UNVERIFIED).body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, logins }
}

const start = async (count: number, habits: HabitsName = 'consumer', waves: number[] = []) => {
  const sandbox = await startTestSandbox({ startedAt: START, people: { count, habits, waves } })
  const passwords = new Map(sandbox.people.map(({ login, password }) => [login, password]))
  const hook = await startKnowingHook(passwords)
  await sandbox.call('POST', '/api/v1/inlineHooks', hookBody(hook.url))
  const jump = async (days: number) =>
    (await sandbox.call('PUT', '/sandbox/clock', { days })).body as {
      now: string
      imported: number
      signedIn: number
      refused: number
    }
  const moved = () =>
    [...sandbox.users()]
      .filter(({ password }) => password === 'stored')
      .map(({ profile }) => profile)
  return { ...sandbox, hook, jump, moved }
}

describe('people', () => {
  it('sign in through the hook at their times, and once by the hook only', async () => {
    const { hook, jump, moved, events, people } = await start(200)
    const { now, signedIn, refused } = await jump(30)
    expect(now).toMatch(/^2026-11-04T00:00/)
    expect(refused).toBe(0)
    expect(signedIn).toBeGreaterThan(moved().length)
    expect(hook.logins.toSorted()).toEqual(
      moved()
        .map(({ login }) => login)
        .toSorted(),
    )
    expect(new Set(hook.logins).size).toBe(hook.logins.length)
    expect(moved().length).toBeGreaterThan(5)
    expect(moved().length).toBeLessThan(people.length)
    const dates = events().map(({ published }) => Date.parse(published))
    expect(dates).toEqual(dates.toSorted((a, b) => a - b))
    expect(Math.min(...dates)).toBeGreaterThan(START)
    expect(Math.max(...dates) - Math.min(...dates)).toBeGreaterThan(20 * DAY_MS)
  })

  it('come as often in one jump as in many, also at the same time', async () => {
    const [one, many] = [await start(30), await start(30)]
    await one.jump(20)
    await Promise.all(Array.from({ length: 4 }, () => many.jump(5)))
    expect(many.hook.logins).toEqual(one.hook.logins)
    expect(many.events().length).toBe(one.events().length)
  })

  it('are refused while the hook is inactive', async () => {
    const { hook, jump, call, moved, hooks } = await start(30)
    await call('POST', `/api/v1/inlineHooks/${hooks()[0]?.id}/lifecycle/deactivate`)
    expect(await jump(30)).toMatchObject({ signedIn: 0 })
    expect(moved()).toEqual([])
    expect(hook.logins).toEqual([])
  })
})

describe('waves', () => {
  const inOkta = ({ users, people }: Awaited<ReturnType<typeof start>>) => {
    const logins = new Set([...users()].map(({ profile }) => profile['login']))
    return people.filter(({ login }) => logins.has(login)).length
  }

  it('import the people in equal parts, each on its day', async () => {
    const sandbox = await start(30, 'workforce', [10, 20])
    expect(inOkta(sandbox)).toBe(10)
    expect(await sandbox.jump(9)).toMatchObject({ imported: 0 })
    expect(await sandbox.jump(2)).toMatchObject({ imported: 10 })
    expect(inOkta(sandbox)).toBe(20)
    expect(await sandbox.jump(30)).toMatchObject({ imported: 10 })
    expect(inOkta(sandbox)).toBe(30)
    const created = [...sandbox.users()].map(({ created }) => created.slice(0, 10))
    expect(new Set(created)).toEqual(new Set(['2026-10-05', '2026-10-15', '2026-10-25']))
  })

  it('let nobody sign in before the import', async () => {
    const { hook, jump, people } = await start(60, 'workforce', [10])
    expect((await jump(9.9)).refused).toBe(0)
    expect(
      hook.logins.every((login) => people.findIndex((one) => one.login === login) % 2 === 0),
    ).toBe(true)
    expect(await jump(20)).toMatchObject({ refused: 0, imported: 30 })
    const second = hook.logins.filter(
      (login) => people.findIndex((one) => one.login === login) % 2 === 1,
    )
    expect(second.length).toBeGreaterThan(20)
  })
})

describe('habits', () => {
  const draw = (habits: HabitsName) => {
    const random = createRandom(7)
    return Array.from({ length: 20_000 }, () => {
      const { lastSeen, visits } = HABITS[habits](random)
      return { lastSeen, first: visits.next().value ?? Infinity }
    })
  }
  const share = (values: readonly number[], days: number) =>
    values.filter((value) => value <= days).length / values.length

  it('of a workforce: most come within days, a few never', () => {
    const found = draw('workforce')
    // 1 - exp(-rate x days), weighted by the shares of the three rates.
    const within = (days: number) =>
      0.7 * (1 - Math.exp(-0.6 * days)) +
      0.15 * (1 - Math.exp(-0.14 * days)) +
      0.1 * (1 - Math.exp(-0.033 * days))
    for (const days of [1, 7, 60]) {
      expect(
        share(
          found.map(({ first }) => first),
          days,
        ),
      ).toBeCloseTo(within(days), 1)
    }
    expect(found.filter(({ first }) => first === Infinity).length / 20_000).toBeCloseTo(0.05, 1)
  })

  it('of billing: half come within a month, a fifth never, and monthly people each month', () => {
    const found = draw('billing')
    const first = found.map((one) => one.first)
    // A month of each period passes: all of the monthly, a third of the quarterly, a twelfth of the yearly.
    expect(share(first, 30.4)).toBeCloseTo(0.5 + 0.1 * (30.4 / 91) + 0.2 * (30.4 / 365), 1)
    expect(first.filter((day) => day === Infinity).length / 20_000).toBeCloseTo(0.2, 1)
    const random = createRandom(3)
    const { visits } = Array.from({ length: 50 }, () => HABITS.billing(random)).find(
      ({ lastSeen }) => lastSeen < 5,
    ) ?? { visits: undefined }
    const days = Array.from({ length: 24 }, () => visits?.next().value ?? Number.NaN)
    const gaps = days.slice(1).map((day, index) => day - (days[index] ?? 0))
    expect(gaps.every((gap) => gap > 0)).toBe(true)
    expect((days.at(-1) ?? 0) - (days[0] ?? 0)).toBeGreaterThan(23 * 30)
  })

  it('of consumers: those who were here lately come back, and those who left do not', () => {
    const found = draw('consumer')
    expect(found.every(({ lastSeen }) => lastSeen >= 0 && lastSeen <= 1_825)).toBe(true)
    // Alive are 500/1825 x (1 - exp(-1825/500)) = 27 %; of those, 1 - (1 + 30 x 0.04/0.55)^-0.55 = 47 % come.
    const within = share(
      found.map(({ first }) => first),
      30,
    )
    expect(Math.abs(within - 0.27 * 0.47)).toBeLessThan(0.015)
    const back = (from: number, to: number) => {
      const group = found.filter(({ lastSeen }) => lastSeen >= from && lastSeen < to)
      return share(
        group.map(({ first }) => first),
        90,
      )
    }
    expect(back(0, 7)).toBeGreaterThan(0.8)
    expect(back(60, 120)).toBeLessThan(back(0, 7))
    expect(back(365, 2_000)).toBeLessThan(0.05)
  })
})

it('the legacy store has the same people, with bcrypt hashes and when they were last seen', async () => {
  const { people } = await start(5)
  const file = join(tempDir(), 'people.sqlite')
  await writeLegacyFile(file, people)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const db = new Database(file)
  const rows = db.prepare('SELECT login, password_hash, last_login FROM accounts').all() as {
    login: string
    password_hash: string
    last_login: string
  }[]
  db.close()
  expect(rows.map(({ login }) => login)).toEqual(people.map(({ login }) => login))
  for (const [index, { password_hash, last_login }] of rows.entries()) {
    expect(await compare(people[index]?.password ?? '', password_hash)).toBe(true)
    expect(Date.parse(last_login)).toBe(people[index]?.lastSeenAt)
    expect(Date.parse(last_login)).toBeLessThan(START)
  }
  await expect(writeLegacyFile(file, people)).rejects.toThrow('EEXIST')
})
