/** The forecast of people who are imported in two waves, weeks apart: each is at risk from their own import on. */
import { describe, expect, it } from 'vitest'
import { foretell } from '../../src/campaign/foretell.ts'
import { openCampaignState, type CampaignState } from '../../src/campaign/state/state-file.ts'
import { summariseCampaign } from '../../src/campaign/summary.ts'
import { GO_LIVE_MS } from '../support/forecast-trials.ts'
import { type PopulationName, simulatePeople, type Visits } from '../support/populations.ts'

const DAY_MS = 86_400_000
const SIZE = 20_000
const SECOND_WAVE = 28
const TODAY = 45
const CUT_OFF = 60
const LATE_DAYS = 90

/** Days after go-live. */
interface Life {
  readonly imported: number
  readonly lastSeen: number
  readonly moves: number
}

/** The second wave goes on with the legacy system until its import: then it is as silent as the first one was. */
const livesOf = (name: PopulationName, seed: number): Life[] => {
  const lives: Life[] = []
  simulatePeople(name, SIZE, seed, ({ last, next }: Visits) => {
    const imported = lives.length % 2 === 0 ? 0 : SECOND_WAVE
    lives.push({ imported, lastSeen: imported - last, moves: imported + next })
  })
  return lives
}

const at = (days: number): number => Math.round(GO_LIVE_MS + days * DAY_MS)

const NO_DECISION = { verified: 0, first: null, last: null, unverified: 0 }

const stateOf = async (lives: readonly Life[]): Promise<CampaignState> => {
  const state = openCampaignState('')
  await state.replace((parts) => {
    for (const [i, life] of lives.entries()) {
      const login = `p${i}@example.com`
      const hasMoved = life.moves < TODAY
      parts.addAccount({
        ...{ login, typed: login, id: null, enabled: true, blocked: null, ...NO_DECISION },
        ...{ lastSeen: at(life.lastSeen), changed: null, profile: null },
        wave: String(life.imported),
      })
      parts.addUser({
        ...{ login, id: `00u${i}`, typed: login, status: 'ACTIVE', seen: null, attributes: null },
        provider: hasMoved ? 'OKTA' : 'IMPORT',
        created: at(life.imported),
        changed: hasMoved ? at(life.moves) : null,
      })
    }
    return Promise.resolve()
  })
  return state
}

const question = {
  ...{ goLive: GO_LIVE_MS, now: at(TODAY), cutOffs: [at(CUT_OFF)], mails: [], lateDays: LATE_DAYS },
}

const forecastOf = (state: CampaignState) => {
  const told = foretell(state, question)
  if ('refused' in told) throw new Error(told.refused.sentence)
  const [{ notMoved = NaN, late } = {}] = told.cutOffs
  if (!late || 'refused' in late) throw new Error(late?.refused.sentence)
  return { notMoved, late: late.people }
}

const countMoves = (lives: readonly Life[], from: number, to: number): number =>
  lives.filter(({ moves }) => moves >= from && moves < to).length

/** As shares: of the late comers, and of everybody. */
const errorsOf = async (lives: readonly Life[]) => {
  const state = await stateOf(lives)
  const { late, notMoved } = forecastOf(state)
  state.close()
  const truth = countMoves(lives, CUT_OFF, CUT_OFF + LATE_DAYS)
  return {
    late: late / truth - 1,
    notMoved: (notMoved - (lives.length - countMoves(lives, -Infinity, CUT_OFF))) / lives.length,
  }
}

const SEEDS = [1, 2, 3, 4]

const mean = (values: readonly number[]): number =>
  values.reduce((all, value) => all + value, 0) / values.length

describe.each<PopulationName>(['workforce', 'consumer', 'billing'])('of %s', (name) => {
  it('the forecast is close to what comes, and not always above or below it', async () => {
    const errors = []
    for (const seed of SEEDS) errors.push(await errorsOf(livesOf(name, seed)))
    for (const { late, notMoved } of errors) {
      expect(Math.abs(late)).toBeLessThan(0.15)
      expect(Math.abs(notMoved)).toBeLessThan(0.01)
    }
    expect(Math.abs(mean(errors.map(({ late }) => late)))).toBeLessThan(0.06)
  })

  it('people are grouped by their silence before their own import', async () => {
    const lives = livesOf(name, 1)
    const state = await stateOf(lives)
    const { bySilence, importedLater } = summariseCampaign(state.db, GO_LIVE_MS)
    state.close()
    const countWithin = (from: number, to: number): number =>
      lives.filter(({ imported, lastSeen }) => {
        const silence = at(imported) - at(lastSeen)
        return silence > from * DAY_MS && silence <= to * DAY_MS
      }).length
    expect(bySilence?.map(({ people }) => people)).toEqual([
      countWithin(-1, 30),
      countWithin(30, 90),
      countWithin(90, 365),
      countWithin(365, Infinity),
    ])
    expect(importedLater).toBe(SIZE / 2)
  })
})
