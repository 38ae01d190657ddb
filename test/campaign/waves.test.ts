/** The waves of a campaign: who counts in each, in which order they are shown, and how many at most. */
import { describe, expect, it } from 'vitest'
import { openCampaignState } from '../../src/campaign/state/state-file.ts'
import { countWaves, WAVES_SHOWN } from '../../src/campaign/waves.ts'

interface Person {
  readonly wave: string | null
  /** When Okta has had the person from; undefined if it does not. */
  readonly created?: number
  readonly hasMoved?: boolean
  readonly enabled?: boolean
}

const PART = { id: null, blocked: null, lastSeen: null, changed: null, profile: null }
const UNDECIDED = { verified: 0, first: null, last: null, unverified: 0 }

const wavesOf = async (people: readonly Person[]) => {
  const state = openCampaignState('')
  await state.replace((parts) => {
    people.forEach(({ wave, created, hasMoved = false, enabled = true }, i) => {
      const names = { login: `p${i}@example.com`, typed: `p${i}@example.com` }
      parts.addAccount({ ...names, ...PART, ...UNDECIDED, enabled, wave })
      if (created === undefined) return
      const provider = hasMoved ? 'OKTA' : 'IMPORT'
      const more = { changed: null, seen: null, attributes: null }
      parts.addUser({ ...names, id: `00u${i}`, status: 'ACTIVE', provider, created, ...more })
    })
    return Promise.resolve()
  })
  const waves = countWaves(state.db)
  state.close()
  return waves
}

const several = (count: number, person: Person): Person[] =>
  Array.from({ length: count }, () => person)

describe('a wave', () => {
  it('has who has moved, who has not, who is not in Okta, and the day of its first import', async () => {
    const { shown, others } = await wavesOf([
      ...several(2, { wave: 'north', created: 9_000, hasMoved: true }),
      { wave: 'north', created: 5_000 },
      { wave: 'north' },
      { wave: 'north', created: 1_000, enabled: false },
      ...several(3, { wave: 'south' }),
      ...several(2, { wave: null, created: 4_000 }),
    ])
    expect(shown).toEqual([
      { name: undefined, moved: 0, notMoved: 2, missing: 0, firstImport: 4_000 },
      { name: 'north', moved: 2, notMoved: 1, missing: 1, firstImport: 5_000 },
      // Nobody is imported yet: last.
      { name: 'south', moved: 0, notMoved: 0, missing: 3, firstImport: undefined },
    ])
    expect(others.waves).toBe(0)
  })

  it('is shown if it is one of the largest, and all others are one line', async () => {
    const people = Array.from({ length: WAVES_SHOWN + 5 }, (_, i) =>
      several(i + 2, { wave: `w${i}`, created: 1_000 * (i + 1), hasMoved: true }),
    )
    const { shown, others } = await wavesOf(people.flat())
    expect(shown).toHaveLength(WAVES_SHOWN)
    expect(shown.map(({ name }) => name)).not.toContain('w4')
    expect(others).toEqual({
      ...{ waves: 5, moved: 2 + 3 + 4 + 5 + 6, notMoved: 0, missing: 0, firstImport: 1_000 },
    })
  })

  it('of one person is not shown by its name, which could be a login', async () => {
    const { shown, others } = await wavesOf([
      { wave: 'ann@example.com', created: 1_000 },
      { wave: 'bob@example.com', created: 2_000, hasMoved: true },
    ])
    expect(shown).toEqual([])
    expect(others).toMatchObject({ waves: 2, moved: 1, notMoved: 1, firstImport: 1_000 })
  })
})
