/** Reasons that the sandbox alone cannot make: a user without dates, and resets of our own journal. */
import { expect, it } from 'vitest'
import { openCampaignState } from '../../../src/campaign/state/state-file.ts'
import { loadAudited } from '../../../src/cutoff/purge/audited.ts'
import { createEvidence, type ResetIntent } from '../../../src/cutoff/purge/evidence.ts'
import { loadTarget } from '../../../src/cutoff/purge/target.ts'
import { judgePeople } from '../../../src/cutoff/purge/verdicts.ts'
import type { OktaEvent } from '../../../src/okta/api/system-log.ts'

const MOVED = 1_000

interface Given {
  readonly changed?: number | null
  readonly status?: string
  readonly resets?: readonly ResetIntent[]
  readonly success?: number
}

const successOf = (published: number, result = 'SUCCESS', type = 'User'): OktaEvent => ({
  uuid: 'u',
  published,
  eventType: 'user.import.password',
  outcome: { result, reason: undefined },
  actor: undefined,
  target: [{ id: '00u1', type, alternateId: 'a' }],
})

async function* one() {
  const fields = new Map([
    ['id', '1'],
    ['text', '1'],
    ['hex', '31'],
    ['form', 'text'],
    ['digest', 'abcde'],
  ])
  yield { number: 1, line: 1, fractionRead: 1, fields }
}

const judge = async (
  { changed = MOVED, status = 'ACTIVE', resets = [] }: Given,
  ...events: OktaEvent[]
) => {
  const state = openCampaignState('')
  try {
    const evidence = createEvidence(state.db)
    for (const reset of resets) evidence.addReset(reset)
    for (const event of events) evidence.addEvent(event)
    await loadTarget(state.db, one())
    await loadAudited(state.db, one())
    await state.replace(async (parts) => {
      const nothing = { verified: 0, first: null, last: null, unverified: 0 }
      parts.addUser({
        ...{ login: 'a', id: '00u1', typed: 'a', status, provider: 'OKTA', created: 1, changed },
        ...{ seen: null, attributes: null },
      })
      parts.addAccount({
        ...{ login: 'a', typed: 'a', id: '1', enabled: true, blocked: null, lastSeen: null },
        ...{ changed: null, profile: null, wave: null, ...nothing },
      })
    })
    const { leftOut, byEvidence } = judgePeople(state.db, 5_000)
    return Object.keys({ ...leftOut, ...byEvidence })
  } finally {
    state.close()
  }
}

it('leaves out a person who has no date of a password', async () => {
  expect(await judge({})).toEqual(['provider'])
  expect(await judge({ changed: null })).toEqual(['undated'])
  expect(await judge({ changed: null }, successOf(MOVED))).toEqual(['success'])
})

it('takes no event for a proof but a SUCCESS that names the user', async () => {
  const weak = { status: 'SUSPENDED' }
  expect(await judge(weak, successOf(MOVED))).toEqual(['success'])
  expect(await judge(weak, successOf(MOVED, 'FAILURE'))).toEqual(['unproven'])
  expect(await judge(weak, successOf(MOVED, 'SUCCESS', 'AppUser'))).toEqual(['unproven'])
})

it.each([
  [MOVED - 1, 'password_changed'],
  [MOVED, 'reset'],
  [MOVED + 1, 'reset'],
])(
  'leaves out a person whom we have reset at %d, unless a password was set later',
  async (at, verdict) => {
    expect(await judge({ resets: [{ oktaId: '00u1', at }] })).toEqual([verdict])
    expect(await judge({ resets: [{ oktaId: '00u2', at }] })).toEqual(['provider'])
    const later = await judge({ resets: [{ oktaId: '00u1', at }] }, successOf(MOVED + 2))
    expect(later).toEqual(['success'])
  },
)
