/** Who may be reset, by what a look at Okta shows: each reason to leave a person as they are. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ListedPerson } from '../../../src/cutoff/reset/listed.ts'
import { isAsLeft, judgeReset, SKIPS } from '../../../src/cutoff/reset/verdict.ts'
import { readUser } from '../../../src/okta/api/users.ts'

const CREATED = '2026-10-05T08:00:00.000Z'
const CLOSED_AT = Date.UTC(2026, 11, 24)
const LATER = '2026-12-26T08:00:00.000Z'
const at = (text: string): number => Date.parse(text)

const PERSON: ListedPerson = {
  ...{ number: 1, oktaId: '00u1', login: 'a@example.com', changed: at(CREATED) },
  ...{ state: 'waiting', intendedAt: null, isRestoring: false, restoredAs: [] },
}

const userWith = (more: object) =>
  readUser({
    ...{ id: '00u1', status: 'ACTIVE', created: CREATED, activated: CREATED },
    ...{ passwordChanged: CREATED, lastLogin: null, statusChanged: CREATED, profile: {} },
    ...{ credentials: { provider: { type: 'IMPORT' } }, ...more },
  })

const judge = (more: object, person: Partial<ListedPerson> = {}) =>
  judgeReset(userWith(more), { ...PERSON, ...person }, CLOSED_AT)

describe('a person', () => {
  it('who has not moved may be reset, and nobody else', () => {
    expect(judge({})).toBe('send')
    expect(judgeReset(undefined, PERSON, CLOSED_AT)).toBe('gone')
  })

  it.each<[string, object]>([
    ['moved', { credentials: { provider: { type: 'OKTA' } } }],
    ['moved', { credentials: { provider: { type: 'ACTIVE_DIRECTORY' } } }],
    ['moved', { credentials: {} }],
    ['moved', { passwordChanged: LATER }],
    ['moved', { passwordChanged: null }],
    ['recovery', { status: 'RECOVERY', statusChanged: LATER }],
    ['signed_in', { lastLogin: LATER }],
    ['send', { lastLogin: '2026-11-01T08:00:00.000Z' }],
    ['status', { status: 'STAGED' }],
    ['status', { status: 'PROVISIONED' }],
    ['status', { status: 'PASSWORD_EXPIRED' }],
    ['status', { status: 'LOCKED_OUT' }],
    ['status', { status: 'SUSPENDED' }],
    ['status', { status: 'DEPROVISIONED' }],
  ])('is judged as %s with %j', (verdict, more) => {
    expect(judge(more)).toBe(verdict)
  })

  it('who had set a password before the status is left alone, though the provider stays IMPORT', () => {
    const own = { passwordChanged: LATER }
    expect(judge(own, { changed: at(LATER) })).toBe('password_set')
    expect(judge({ ...own, activated: LATER }, { changed: at(LATER) })).toBe('send')
    // It was a reopening that changed it.
    expect(judge(own, { changed: at(LATER), restoredAs: [at(LATER)] })).toBe('send')
  })

  it('is reset by us where the status is newer than our intent', () => {
    const reset = { status: 'RECOVERY', statusChanged: LATER }
    const intendedAt = at(LATER)
    expect(judge(reset, { intendedAt })).toBe('made')
    // Okta's servers may disagree by a moment.
    expect(judge(reset, { intendedAt: intendedAt + 2_000 })).toBe('made')
    expect(judge(reset, { intendedAt: intendedAt + 60_000 })).toBe('recovery')
    expect(judge({}, { intendedAt })).toBe('send')
  })
})

describe('the hook is set again', () => {
  it.each([
    [true, { status: 'RECOVERY' }],
    [false, { status: 'ACTIVE' }],
    [false, { status: 'RECOVERY', credentials: { provider: { type: 'OKTA' } } }],
    [false, { status: 'RECOVERY', passwordChanged: LATER }],
  ])('%s with %j', (is, more) => {
    expect(isAsLeft(userWith(more), PERSON)).toBe(is)
  })
})

it('explains each reason in the runbook', () => {
  const runbook = readFileSync('docs/CUT-OVER.md', 'utf8')
  expect(Object.keys(SKIPS).filter((name) => !runbook.includes(`| \`${name}\``))).toEqual([])
})
