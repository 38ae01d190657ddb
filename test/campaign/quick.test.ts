/** Bringing a state up to date by events: what is applied, who is read again, and what events cannot say. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLoading, loadAll } from '../../src/campaign/loading/load.ts'
import { loadChanges, MustReadAll, type QuickDeps } from '../../src/campaign/loading/quick.ts'
import { openCampaignState } from '../../src/campaign/state/state-file.ts'
import { systemClock } from '../../src/clock.ts'
import type { EventPage, OktaEvent } from '../../src/okta/api/system-log.ts'
import { readUser, type OktaUser } from '../../src/okta/api/users.ts'
import { tempDir } from '../support/temp.ts'

const NOW = Date.UTC(2026, 9, 20)

const clock = { ...systemClock, epochMs: () => NOW }

const user = (n: number, type = 'IMPORT'): OktaUser =>
  readUser({
    id: `00u${n}`,
    status: 'ACTIVE',
    passwordChanged: '2026-10-01T00:00:00.000Z',
    profile: { login: `u${n}@example.com` },
    credentials: { provider: { type } },
  })

const event = (eventType: string, id: string | undefined, more: Partial<OktaEvent> = {}) => ({
  ...{ uuid: 'a', published: NOW, eventType, outcome: { result: 'SUCCESS' } },
  target: id === undefined ? [] : [{ id, type: 'User', alternateId: 'x' }],
  actor: undefined,
  ...more,
})

async function* listed<T>(all: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve()
  yield* all
}

const pageOf = (events: readonly OktaEvent[], malformed = 0): EventPage & { next: string } => ({
  ...{ events, malformed, next: '/api/v1/logs?after=1' },
})

/** Two users who wait for the hook; `known` are the users who can be read one by one. */
const bringUpToDate = async (
  pages: readonly (EventPage & { next: string })[],
  known: readonly OktaUser[] = [],
  more: Partial<QuickDeps> = {},
  all: readonly OktaUser[] = [user(1), user(2)],
) => {
  const state = openCampaignState(join(tempDir(), 'state.sqlite'))
  const users = { users: listed(all), namesOf: undefined, attributesOf: undefined }
  const place = { org: 'https://acme.okta.com', accountsKey: '', before: undefined }
  const none = { decisions: undefined, accounts: undefined, natives: [], clock }
  await createLoading(state, loadAll({ ...place, ...none, users })).start()
  const before = state.origin()
  if (!before) throw new Error('no origin')
  const asked: string[] = []
  const getUser = (id: string) => {
    asked.push(id)
    return Promise.resolve(known.find((each) => each.id === id))
  }
  const deps = { before, namesOf: undefined, getUser, areNatives: false, ...none, ...more }
  const load = loadChanges({ ...deps, follow: () => listed(pages) })
  const error: unknown = await createLoading(state, load)
    .start()
    .then(() => undefined)
    .catch((err: unknown) => err)
  const people = state.db.prepare('SELECT okta_id, state FROM people ORDER BY login').raw().all()
  state.close()
  return { people, asked, error }
}

const UNCHANGED = [
  ['00u1', 'silent'],
  ['00u2', 'silent'],
]

describe('an event', () => {
  it('of a move is applied as it is', async () => {
    const { people, asked } = await bringUpToDate([pageOf([event('user.import.password', '00u2')])])
    expect([people, asked]).toEqual([
      [
        ['00u1', 'silent'],
        ['00u2', 'moved'],
      ],
      [],
    ])
  })

  it('of a move before the last run is no proof of what came after it', async () => {
    const page = pageOf([event('user.import.password', '00u2', { published: NOW - 1 })])
    // A tool has set the hook again since, of which the log says nothing.
    const { people, asked } = await bringUpToDate([page], [user(2, 'IMPORT')])
    expect([people, asked]).toEqual([UNCHANGED, ['00u2']])
  })

  it('of a move counts for a person whom a tool had given the hook again after a reset', async () => {
    const wasReset = readUser({ ...user(2), status: 'RECOVERY' })
    const page = pageOf([event('user.import.password', '00u2')])
    const { people } = await bringUpToDate([page], [], {}, [user(1), wasReset])
    expect(people).toEqual([UNCHANGED[0], ['00u2', 'moved']])
  })

  it('of a suspension is answered by a read', async () => {
    const suspended = readUser({ ...user(2, 'OKTA'), status: 'SUSPENDED' })
    const page = pageOf([event('user.lifecycle.suspend', '00u2')])
    const { people, asked } = await bringUpToDate([page], [suspended], {}, [
      user(1),
      user(2, 'OKTA'),
    ])
    expect([people, asked]).toEqual([[UNCHANGED[0], ['00u2', 'locked']], ['00u2']])
  })

  it('about somebody who is not known is answered by a read, once', async () => {
    const page = pageOf([
      event('user.import.password', '00u3'),
      event('user.lifecycle.create', '00u3'),
    ])
    const { people, asked } = await bringUpToDate([page, page], [user(3, 'OKTA')])
    expect([people, asked]).toEqual([[...UNCHANGED, ['00u3', 'moved']], ['00u3']])
  })

  it('about somebody whom Okta does not have takes that user away', async () => {
    const page = pageOf([
      event('user.lifecycle.delete.completed', '00u1'),
      event('user.import.password', '00u9'),
    ])
    expect((await bringUpToDate([page])).people).toEqual([['00u2', 'silent']])
  })

  it('of a sign-in can name the person as the actor', async () => {
    const actor = { id: '00u1', type: 'User', alternateId: 'x' }
    const page = pageOf([event('user.session.start', undefined, { actor })])
    expect((await bringUpToDate([page], [], { areNatives: true })).error).toBeUndefined()
  })

  const actor = { id: '00u1', type: 'User', alternateId: 'x' }

  /** Who has the login of person 1, but for the accent. */
  const twin = readUser({ ...user(7), profile: { login: 'ú1@example.com' } })

  it.each([
    ['was there before', [user(1), twin, user(2)], 'user.lifecycle.delete.completed', '00u1'],
    ['comes', [user(1), user(2)], 'user.lifecycle.create', '00u7'],
  ])('says not enough where a user with the login of another one %s', async (_, all, type, id) => {
    const { people, error } = await bringUpToDate([pageOf([event(type, id)])], [twin], {}, all)
    expect(error).toBeInstanceOf(MustReadAll)
    expect(people).toEqual(UNCHANGED)
  })

  it.each([
    ['that cannot be read', pageOf([], 1)],
    ['that names nobody', pageOf([event('user.import.password', undefined)])],
    [
      'that names the admin alone',
      pageOf([event('user.lifecycle.deactivate', undefined, { actor })]),
    ],
    [
      'one of too many',
      pageOf(Array.from({ length: 2_001 }, () => event('user.import.password', '00u1'))),
    ],
    [
      'one of too many changes',
      pageOf(Array.from({ length: 101 }, (_, n) => event('user.lifecycle.create', `00uNew${n}`))),
    ],
  ])('%s asks for a full run, and leaves the state as it was', async (_, page) => {
    const { people, error } = await bringUpToDate([page])
    expect(error).toBeInstanceOf(MustReadAll)
    expect(people).toEqual(UNCHANGED)
  })
})
