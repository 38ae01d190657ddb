/** The state of a campaign: what is kept of it when a source fails or the run is stopped, and how decisions count. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LoadedDecision } from '../../src/campaign/loading/decisions.ts'
import { createLoading, loadAll } from '../../src/campaign/loading/load.ts'
import { openCampaignState, type CampaignState } from '../../src/campaign/state/state-file.ts'
import { systemClock } from '../../src/clock.ts'
import { AppError } from '../../src/errors/errors.ts'
import { readUser, type OktaUser } from '../../src/okta/api/users.ts'
import { tempDir } from '../support/temp.ts'

const user = (n: number): OktaUser =>
  readUser({
    id: `00u${n}`,
    status: 'ACTIVE',
    profile: { login: `u${n}@example.com` },
    credentials: { provider: { type: 'IMPORT' } },
  })

const decision = (more: Partial<LoadedDecision>): LoadedDecision => ({
  ...{ person: 'u1@example.com', account: '', event: 'a', outcome: 'VERIFIED' },
  ...{ decidedAt: '2026-10-05T08:00:00.000Z', callerGone: false },
  ...more,
})

async function* failing<T>(first: readonly T[], err: Error): AsyncGenerator<T> {
  yield* first
  await Promise.resolve()
  throw err
}

async function* listed<T>(all: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve()
  yield* all
}

const load = (
  state: CampaignState,
  decisions: AsyncIterable<LoadedDecision>,
  users: AsyncIterable<OktaUser>,
) =>
  createLoading(
    state,
    loadAll({
      ...{ org: 'https://acme.okta.com', accountsKey: '', before: undefined },
      ...{ accounts: undefined, natives: [], clock: systemClock },
      decisions: () => decisions,
      users: { users, namesOf: (_, login) => [login], attributesOf: undefined },
    }),
  )

const peopleIn = ({ db }: CampaignState) =>
  db.prepare('SELECT login, state, verified, first_verified AS first FROM people').all()

const openWithTwo = async () => {
  const dir = tempDir()
  const state = openCampaignState(join(dir, 'state.sqlite'))
  await load(state, listed([decision({})]), listed([user(1), user(2)])).start()
  return { dir, state, before: peopleIn(state) }
}

describe('a state', () => {
  it('has everybody of the last run, and nobody of the one before', async () => {
    const { state, before } = await openWithTwo()
    expect(before).toMatchObject([
      { login: 'u1@example.com', state: 'verified', verified: 1 },
      { login: 'u2@example.com', state: 'silent', verified: 0 },
    ])
    await load(state, listed([]), listed([user(2), user(3)])).start()
    expect(peopleIn(state)).toMatchObject([
      { login: 'u2@example.com', state: 'silent' },
      { login: 'u3@example.com', state: 'silent' },
    ])
    state.close()
  })

  const AWAY = new AppError('ledger_unavailable', { detail: 'ECONNRESET' })

  it.each([
    ['the ledger', failing([decision({})], AWAY), listed([user(9)])],
    ['Okta', listed([]), failing([user(9)], new AppError('okta_unreachable'))],
  ])('stays as it was when %s fails half-way', async (_, decisions, users) => {
    const { dir, state, before } = await openWithTwo()
    const loading = load(state, decisions, users)
    await expect(loading.start()).rejects.toMatchObject({ code: 'campaign_unfinished' })
    expect(peopleIn(state)).toEqual(before)
    state.close()
    expect(readdirSync(dir)).toEqual(['state.sqlite'])
  })

  it('stays as it was when the run is stopped', async () => {
    const { state, before } = await openWithTwo()
    const loading = load(state, listed([]), listed([user(3)]))
    loading.stop()
    expect(await loading.start()).toBeUndefined()
    expect(peopleIn(state)).toEqual(before)
    state.close()
  })

  it('keeps the code of a source that fails at once', async () => {
    const { state } = await openWithTwo()
    const loading = load(state, failing([], AWAY), listed([]))
    await expect(loading.start()).rejects.toMatchObject({ code: 'ledger_unavailable' })
    state.close()
  })
})

describe('decisions', () => {
  const stateOf = async (...decisions: Partial<LoadedDecision>[]) => {
    const state = openCampaignState('')
    await load(state, listed(decisions.map(decision)), listed([user(1)])).start()
    const [person] = peopleIn(state)
    state.close()
    return person
  }

  it.each([
    ['one event at two replicas is once', [{}, { callerGone: false }], 'verified'],
    ['two events are again', [{}, { event: 'b' }], 'again'],
    ['wrong ones before do not count', [{ outcome: 'UNVERIFIED' }, { event: 'b' }], 'verified'],
    ['wrong ones alone are tried', [{ outcome: 'UNVERIFIED' }], 'tried'],
    [
      'of earlier versions have the login alone',
      [{ person: null, account: 'u1@example.com' }],
      'verified',
    ],
    ['an unlock is none', [{ outcome: 'UNLOCKED' }], 'silent'],
  ])('%s', async (_, decisions, expected) => {
    expect(await stateOf(...decisions)).toMatchObject({ state: expected })
  })

  it('have the time of the first answer that Okta has got', async () => {
    const late = '2026-10-06T08:00:00.000Z'
    expect(await stateOf({ callerGone: true }, { event: 'b', decidedAt: late })).toMatchObject({
      verified: 2,
      first: Date.parse(late),
    })
  })
})
