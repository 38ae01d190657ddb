/** A second forecast, person by person and day by day, from the textbook's definition: no bins, no cells, no tables. */
import { describe, expect, it } from 'vitest'
import { forecastCutOffs } from '../../../src/campaign/forecast/forecast.ts'
import { GO_LIVE_MS, takeCensus } from '../../support/forecast-trials.ts'
import { type PopulationName, simulatePeople, type Visits } from '../../support/populations.ts'

interface Life {
  /** The silence at which observation of this person begins. */
  readonly entry: number
  /** The silence at which it ends: the person came, or it is today. */
  readonly exit: number
  readonly hasCome: boolean
}

const livesOf = (visits: readonly Visits[], today: number): Life[] =>
  visits.map(({ last, next }) => {
    const entry = Math.floor(last)
    const hasCome = next < today
    return { entry, exit: entry + (hasCome ? Math.floor(next) : today), hasCome }
  })

/** Kaplan and Meier 1958, with the risk set of Tsai, Jewell and Wang 1987: entered before, and neither come nor censored. */
const hazardsOf = (lives: readonly Life[]): Map<number, number> => {
  const [atRisk, came] = [new Map<number, number>(), new Map<number, number>()]
  for (const { entry, exit, hasCome } of lives) {
    const lastAtRisk = hasCome ? exit : exit - 1
    for (let u = entry; u <= lastAtRisk; u++) atRisk.set(u, (atRisk.get(u) ?? 0) + 1)
    if (hasCome) came.set(exit, (came.get(exit) ?? 0) + 1)
  }
  return new Map([...came].map(([u, d]) => [u, d / (atRisk.get(u) ?? NaN)]))
}

/** Who came in the last 14 days, over the sum of the hazards of all who could have come on them. */
const busyness = (lives: readonly Life[], hazards: Map<number, number>, today: number): number => {
  let [observed, expected] = [0, 0]
  for (const { entry, exit, hasCome } of lives) {
    for (let day = Math.max(0, today - 14); day < today; day++) {
      const u = entry + day
      if (u > exit || (u === exit && !hasCome)) break
      expected += hazards.get(u) ?? 0
      if (u === exit) observed++
    }
  }
  return observed / expected
}

const stays = (hazards: Map<number, number>, from: number, days: number): number => {
  let survival = 1
  for (let u = from; u < from + days; u++) survival *= 1 - (hazards.get(u) ?? 0)
  return survival
}

const naive = (visits: readonly Visits[], today: number, cutOff: number) => {
  const lives = livesOf(visits, today)
  const hazards = hazardsOf(lives)
  const scale = busyness(lives, hazards, today)
  let [notMoved, late] = [0, 0]
  for (const { exit, hasCome } of lives) {
    if (hasCome) continue
    const before = stays(hazards, exit, cutOff - today) ** scale
    notMoved += before
    late += before - stays(hazards, exit, cutOff - today + 90) ** scale
  }
  return { notMoved, late, scale }
}

describe.each<PopulationName>(['workforce', 'consumer', 'billing', 'sessions'])('of %s', (name) => {
  it.each([14, 30])('the forecast of day %i agrees with one of no bins', (today) => {
    const visits: Visits[] = []
    simulatePeople(name, 10_000, 4, (visit) => visits.push(visit))
    const cutOff = today + 15
    const textbook = naive(visits, today, cutOff)
    const question = { goLiveMs: GO_LIVE_MS, cutOffDays: [cutOff] }
    const forecast = forecastCutOffs(takeCensus(visits, today), question)
    if ('refused' in forecast) throw new Error(forecast.refused.sentence)
    const [ours] = forecast.cutOffs
    if (ours?.notMoved === undefined || 'refused' in ours.late) throw new Error('refused')
    // The bins of ours are wider than a day, and that is all the difference there may be.
    expect(Math.abs(ours.late.people / textbook.late - 1)).toBeLessThan(0.02)
    expect(Math.abs(ours.notMoved - textbook.notMoved)).toBeLessThan(0.003 * visits.length)
    expect(Math.abs(forecast.scale / textbook.scale - 1)).toBeLessThan(0.01)
  })
})
