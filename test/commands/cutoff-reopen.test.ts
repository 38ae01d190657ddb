/** `okta-migrate cutoff reopen` after a purge: the way back works, and says what the SQL of the purge changes. */
import Database from 'better-sqlite3'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addMoved, addPending } from '../support/campaign.ts'
import { startPurge } from '../support/purge.ts'

const startClosed = async () => {
  const ids: string[] = []
  const purge = await startPurge(
    async (org) => {
      await addMoved(org, 'a@example.com')
      await addMoved(org, 'b@example.com')
      ids.push(await addPending(org, 'c@example.com'))
    },
    {
      switches: { hookSetAgain: 'ACTIVE' },
      people: ['a', 'b', 'c'].map((name, id) => ({ id, login: `${name}@example.com` })),
    },
  )
  await purge.close()
  const state = ['--state', purge.path('state.sqlite')]
  const [id = ''] = ids
  return {
    ...purge,
    hookStatus: async () => {
      const { body } = await purge.org.call('GET', '/api/v1/inlineHooks')
      return (body as { status: string }[])[0]?.status
    },
    userStatus: async () => {
      const { body } = await purge.org.call('GET', `/api/v1/users/${id}`)
      return (body as { status: string }).status
    },
    reopen: (...args: string[]) =>
      purge.cutoff(['reopen', '--list', purge.path('resets.csv'), ...state, ...args]),
    resetOne: async () => {
      writeFileSync(purge.path('who.csv'), `okta_id\n${id}\n`)
      const files = ['--who', purge.path('who.csv'), '--list', purge.path('resets.csv'), ...state]
      const yes = ['--yes', `${new URL(purge.org.url).host}:1`]
      return purge.cutoff(['reset', '--mail', ...files, ...yes])
    },
  }
}

const WARNING =
  /WARNING: purge has written SQL[^]+UNVERIFIED[^]+none of it[^]+Activated at[^]+except those whose hash was removed/

it('brings back those who were reset after a purge, and warns of its SQL', async () => {
  const cutOff = await startClosed()
  expect((await cutOff.resetOne()).code).toBe(0)
  expect((await cutOff.purge()).code).toBe(0)
  expect(await cutOff.userStatus()).toBe('RECOVERY')
  const dry = await cutOff.reopen('--dry-run')
  expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/WARNING[^]+Dry run/)])
  expect(await cutOff.hookStatus()).toBe('INACTIVE')
  const ended = await cutOff.reopen()
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(WARNING)])
  expect([await cutOff.hookStatus(), await cutOff.userStatus()]).toEqual(['ACTIVE', 'ACTIVE'])
  expect(cutOff.steps().at(-1)?.slice(0, 2)).toEqual(['reopen', 'done'])
  expect((await cutOff.run(['--dry-run'])).stderr).toContain('cutoff plan first')
})

it('says in --json that a purge has written SQL', async () => {
  const cutOff = await startClosed()
  await cutOff.purge()
  const events = (await cutOff.reopen('--json')).stdout.trim().split('\n')
  expect(events.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'purged', sql: 'written' },
    { event: 'reopening' },
    { event: 'reopen', sent: true },
  ])
})

it('goes back after a purge that was killed before it had written, and says that nobody knows', async () => {
  const cutOff = await startClosed()
  cutOff.beginAnother()
  expect(existsSync(cutOff.path('purge.sql'))).toBe(false)
  const perhaps = /WARNING: a purge was stopped[^]+not known[^]+none of it/
  expect((await cutOff.reopen('--dry-run')).stdout).toMatch(perhaps)
  const ended = await cutOff.reopen()
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(perhaps)])
  expect(cutOff.steps().slice(-2)).toEqual([
    ['purge', 'failed', 2],
    ['reopen', 'done', undefined],
  ])
  expect(await cutOff.hookStatus()).toBe('ACTIVE')
})

it('warns of no SQL where no purge was begun', async () => {
  const cutOff = await startClosed()
  expect((await cutOff.reopen()).stdout).not.toMatch(/WARNING|except/)
})

it('records that somebody has activated the hook after a purge', async () => {
  const cutOff = await startClosed()
  await cutOff.purge()
  const { body } = await cutOff.org.call('GET', '/api/v1/inlineHooks')
  const [hook] = body as { id: string }[]
  await cutOff.org.call('POST', `/api/v1/inlineHooks/${hook?.id}/lifecycle/activate`)
  expect((await cutOff.reopen()).code).toBe(0)
  expect(cutOff.steps().at(-1)?.slice(0, 2)).toEqual(['reopen', 'done'])
})

describe('a journal that cannot be used', () => {
  type CutOff = Awaited<ReturnType<typeof startClosed>>

  const inJournal = ({ path }: CutOff, sql: string): void => {
    const db = new Database(path('cutoff.sqlite'))
    db.exec(sql)
    db.close()
  }

  it.each<[what: string, code: number, words: RegExp, spoil: (cutOff: CutOff) => void]>([
    [
      'opened',
      2,
      /cannot be opened[^]+free space[^]+same command again/,
      ({ path }) => writeFileSync(path('cutoff.sqlite'), 'not a database'),
    ],
    [
      'written',
      1,
      /cannot be written[^]+Free space[^]+same command again/,
      (cutOff) =>
        inJournal(
          cutOff,
          "CREATE TRIGGER full BEFORE INSERT ON steps BEGIN SELECT RAISE(ABORT, 'full'); END",
        ),
    ],
    [
      'of this org',
      2,
      /another org[^]+OKTA_ORG_URL/,
      (cutOff) => inJournal(cutOff, "UPDATE settings SET value = 'https://other.example.com'"),
    ],
    ['found', 2, /There is no .+--journal/, ({ path }) => rmSync(path('cutoff.sqlite'))],
  ])('names the way back where it is not %s', async (_, code, words, spoil) => {
    const cutOff = await startClosed()
    spoil(cutOff)
    const { stderr, ...ended } = await cutOff.reopen()
    expect([ended.code, stderr]).toEqual([code, expect.stringMatching(words)])
    expect(stderr).toContain('okta-migrate register --activate')
    expect(stderr).not.toMatch(/another journal with|a path where/)
    expect(await cutOff.hookStatus()).toBe('INACTIVE')
  })
})
