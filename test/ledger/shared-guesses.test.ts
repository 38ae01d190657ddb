/** Wrong guesses of other replicas: which rows count, and each of them once. */
import { describe, expect, it } from 'vitest'
import type { RemoteDecision } from '../../src/ledger/database/database.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import {
  createCursor,
  createGuessFilter,
  PAGE,
  type Cursor,
} from '../../src/ledger/shared-guesses.ts'
import { entry } from '../support/ledger-entry.ts'
import { fc } from '../support/properties.ts'

const NOW = Date.parse('2026-10-01T12:00:00.000Z')

const seen = (more: Partial<RemoteDecision> = {}): RemoteDecision => ({
  id: 1,
  decidedAt: new Date(NOW - 1_000).toISOString(),
  event: 'event',
  account: 'account',
  person: 'person',
  outcome: 'UNVERIFIED',
  reason: 'mismatch',
  replica: 'other',
  ...more,
})

describe('a wrong guess', () => {
  const RULES = { uncounted: ['too_many_guesses'], windowMs: 60_000 }
  const countOf = (more: Partial<RemoteDecision>) =>
    createGuessFilter(RULES, 'own').fromOthers([seen(more)], NOW)

  it('of another replica counts with its age', () => {
    const guess = { account: 'account', person: 'person', reason: 'mismatch', ageMs: 1_000 }
    expect(countOf({})).toEqual([guess])
    expect(countOf({ person: null })).toEqual([{ ...guess, person: undefined }])
  })

  it('in a call that Okta repeated at several replicas counts once', () => {
    const guesses = createGuessFilter(RULES, 'own')
    const decide = (more: Partial<LedgerEntry>): void => guesses.noteOwn([entry(more)])
    decide({ oktaEventId: 'wrong here' })
    decide({ oktaEventId: 'right here', outcome: 'VERIFIED', reason: 'match' })
    decide({ oktaEventId: 'refused here', reason: 'too_many_guesses' })
    decide({ oktaEventId: null, eventId: 'only the own id' })
    const events = ['wrong here', 'right here', 'refused here', 'only the own id', 'new', 'new']
    const rows = events.map((event, id) => seen({ id, event, account: event }))
    const countedOf = guesses.fromOthers(rows, NOW).map(({ account }) => account)
    expect(countedOf).toEqual(['right here', 'refused here', 'only the own id', 'new'])
    expect(guesses.fromOthers(rows.slice(-1), NOW)).toEqual([])
  })

  it('is remembered as long as it is among the newest ten thousand', () => {
    const guesses = createGuessFilter(RULES, 'own')
    const rows = Array.from({ length: 10_001 }, (_, id) => seen({ id, event: `event ${id}` }))
    guesses.fromOthers(rows, NOW)
    expect(guesses.fromOthers(rows.slice(1), NOW)).toEqual([])
    expect(guesses.fromOthers(rows.slice(0, 1), NOW)).toHaveLength(1)
  })

  it('of a replica whose clock is ahead counts as new, and not as from the future', () => {
    expect(countOf({ decidedAt: new Date(NOW + 5_000).toISOString() })).toMatchObject([
      { ageMs: 0 },
    ])
  })

  it.each<[string, Partial<RemoteDecision>]>([
    ['was made here', { replica: 'own' }],
    ['was right', { outcome: 'VERIFIED', reason: 'match' }],
    ['was refused without a check', { reason: 'too_many_guesses' }],
    ['is as old as the window', { decidedAt: new Date(NOW - 60_000).toISOString() }],
  ])('that %s does not count', (_, more) => {
    expect(countOf(more)).toEqual([])
  })
})

describe('an unlock', () => {
  it('is passed on in its place among the guesses, whoever wrote it and whenever', () => {
    const guesses = createGuessFilter({ uncounted: [], windowMs: 60_000 }, 'own')
    const unlock = { outcome: 'UNLOCKED', reason: 'unlocked', event: 'u' }
    const old = { ...unlock, decidedAt: new Date(NOW - 86_400_000).toISOString() }
    const rows = [
      seen({ event: 'before' }),
      seen({ ...old, replica: 'own' }),
      seen({ ...unlock, account: 'another spelling', person: null }),
      seen({ event: 'after' }),
    ]
    const guess = { account: 'account', person: 'person', reason: 'mismatch', ageMs: 1_000 }
    expect(guesses.fromOthers(rows, NOW)).toEqual([
      guess,
      { account: 'account', person: 'person', generation: 'u' },
      { account: 'another spelling', person: undefined, generation: 'u' },
      guess,
    ])
  })
})

describe('the cursor', () => {
  const poll = (cursor: Cursor, committed: Iterable<number>): number[] => {
    const ids = [...committed].filter((id) => id > cursor.from).sort((a, b) => a - b)
    return cursor.accept(ids.slice(0, PAGE).map((id) => seen({ id }))).map(({ id }) => id)
  }

  it('catches a row that is committed after newer ones, within five polls', () => {
    const cursor = createCursor(0)
    expect(poll(cursor, [1, 3])).toEqual([1, 3])
    expect(poll(cursor, [1, 3, 4])).toEqual([4])
    expect(poll(cursor, [1, 2, 3, 4])).toEqual([2])
  })

  it('returns each row once, if it comes no more than four polls late', () => {
    const lateness = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(lateness, (late) => {
        const cursor = createCursor(0)
        const taken: number[] = []
        // Ten ids are given out before each poll; id n is committed `late` polls after that.
        for (let turn = 0; turn * 10 < late.length + 50; turn++) {
          const committed = late.flatMap((by, i) =>
            Math.floor(i / 10) + by <= turn ? [i + 1] : [],
          )
          taken.push(...poll(cursor, committed))
        }
        expect(taken.sort((a, b) => a - b)).toEqual(late.map((_, i) => i + 1))
      }),
    )
  })

  it('keeps up with full pages, and remembers no more than it reads again', () => {
    const cursor = createCursor(0)
    const all = Array.from({ length: PAGE * 3 + 5 }, (_, i) => i + 1)
    const pages = [1, 2, 3, 4].map(() => poll(cursor, all))
    expect(pages.flat()).toEqual(all)
    for (let i = 0; i < 5; i++) expect(poll(cursor, all)).toEqual([])
    expect(cursor.from).toBe(all.length)
  })

  it('stays where it is over an empty table', () => {
    const cursor = createCursor(7)
    for (let i = 0; i < 10; i++) expect(poll(cursor, [])).toEqual([])
    expect(cursor.from).toBe(7)
  })
})
