/** Whom a reset is for: the likeliest of those who have not moved, up to a share of the late comers, or those of a list. */
import { parse } from 'csv-parse/sync'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSavedReport } from '../../../src/campaign/state/saved-report.ts'
import { openCampaignState, type CampaignState } from '../../../src/campaign/state/state-file.ts'
import { systemClock } from '../../../src/clock.ts'
import { statusCommand } from '../../../src/commands/status/status.ts'
import {
  chooseLikely,
  chooseListed,
  countLikely,
  type Chosen,
  type WantedPerson,
} from '../../../src/cutoff/reset/choose.ts'
import { addMoved, addPending, makeLegacyStore, oktaOf } from '../../support/campaign.ts'
import { runInProcess } from '../../support/in-process.ts'
import { startTestSandbox } from '../../support/sandbox.ts'
import {
  GO_LIVE,
  makeSimulatedCampaign,
  simulateCampaign,
  TODAY,
} from '../../support/simulated-campaign.ts'
import { tempDir } from '../../support/temp.ts'

const DAY_MS = 86_400_000
const NOW = GO_LIVE + TODAY * DAY_MS

const withState = async <T>(
  path: string,
  use: (state: CampaignState) => T | Promise<T>,
): Promise<T> => {
  const state = openCampaignState(path)
  try {
    return await use(state)
  } finally {
    state.close()
  }
}

const readLeft = (path: string) =>
  parse<{ okta_id: string; chance: string }>(readFileSync(path), { columns: true, bom: true })

describe('the likely', () => {
  it('are the first of the list of those who have not moved, and 80 % of the late comers', async () => {
    const { dir, env } = await makeSimulatedCampaign(simulateCampaign())
    const [path, left] = [join(dir, 'state.sqlite'), join(dir, 'left.csv')]
    const clock = { ...systemClock, epochMs: () => NOW }
    const options = ['--state', path, '--left', left, '--go-live', '2026-10-05']
    const cutOff = ['--cut-off', '2026-11-27', '--mail', '2026-10-20']
    await runInProcess((perform) => statusCommand(perform, clock), [...options, ...cutOff], env)
    const report = readSavedReport(path)
    if (!report) throw new Error('no report')
    // Without the day of the mail the chances would be others.
    expect(report.json).toContain('"mails":["2026-10-20"]')
    const byChance = readLeft(left)
      .map(({ okta_id: id, chance }) => ({ id, chance: Number(chance) }))
      .sort((a, b) => b.chance - a.chance)
    const all = byChance.reduce((sum, { chance }) => sum + chance, 0)
    const chosen = await withState(path, (state) => {
      const likely = chooseLikely(state, report, NOW)
      if (typeof likely === 'string') throw new Error(likely)
      return [...likely.people].map(({ oktaId }) => oktaId)
    })
    const chanceOf = new Map(byChance.map(({ id, chance }) => [id, chance]))
    const sum = chosen.reduce((so, id) => so + (chanceOf.get(id) ?? 0), 0)
    expect(sum / all).toBeCloseTo(0.8, 2)
    const least = Math.min(...chosen.map((id) => chanceOf.get(id) ?? 0))
    const others = byChance.filter(({ id }) => !chosen.includes(id))
    // The list is rounded to three places.
    expect(Math.max(...others.map(({ chance }) => chance))).toBeLessThanOrEqual(least + 0.001)
    expect(chosen.length).toBeLessThan(0.8 * byChance.length)
    expect(await withState(path, (state) => countLikely(state, report))).toBe(chosen.length)
    // Days on which the hook was closed say nothing of who would come.
    const later = { ...report, at: NOW + 30 * DAY_MS }
    const again = await withState(path, (state) => chooseLikely(state, later, NOW))
    expect(again).toMatchObject({ count: chosen.length })
  })

  it('are nobody where there is no forecast for the day', async () => {
    // The last logins go back two months.
    const people = simulateCampaign().map((one) => ({ ...one, seenBefore: one.seenBefore % 60 }))
    const { dir, env } = await makeSimulatedCampaign(people)
    const path = join(dir, 'state.sqlite')
    const clock = { ...systemClock, epochMs: () => NOW }
    const options = ['--state', path, '--go-live', '2026-10-05', '--cut-off', '2026-11-27']
    await runInProcess((perform) => statusCommand(perform, clock), options, env)
    const report = readSavedReport(path)
    if (!report) throw new Error('no report')
    const short = { ...report, json: report.json.replace('"lateDays":90', '"lateDays":1') }
    for (const [asked, why] of [
      [report, /^Day 53 and 90 days more need people who were silent for 143 days/],
      [short, /^About \d+ people would come too late: fewer than 100/],
    ] as const) {
      const words = expect.stringMatching(why) as string
      expect(await withState(path, (state) => chooseLikely(state, asked, NOW))).toEqual(words)
      expect(await withState(path, (state) => countLikely(state, asked))).toEqual(words)
    }
  })
})

describe('a list', () => {
  const list = async (rows: readonly Partial<WantedPerson>[]): Promise<[string[], string[]]> => {
    const dir = tempDir()
    const org = await startTestSandbox()
    const path = join(dir, 'state.sqlite')
    const store = makeLegacyStore(dir, [
      { id: 1, login: 'a@example.com' },
      { id: 2, login: 'Zoë@example.com' },
      { id: 3, login: 'moved@example.com' },
      { id: 4, login: 'leaver@example.com', enabled: 0 },
    ])
    const ids: Record<string, string> = {}
    for (const name of ['a', 'Zoë', 'leaver', 'stranger'])
      ids[name] = await addPending(org, `${name}@example.com`)
    ids['moved'] = await addMoved(org, 'moved@example.com')
    await runInProcess(statusCommand, ['--state', path], { ...store, ...oktaOf(org) })
    async function* wanted(): AsyncGenerator<WantedPerson> {
      let line = 1
      for (const { oktaId, login } of await Promise.resolve(rows))
        yield {
          line: ++line,
          oktaId: oktaId === undefined ? undefined : (ids[oktaId] ?? oktaId),
          login,
        }
    }
    return withState(path, async (state) => {
      const { people, leftOut, count }: Chosen = await chooseListed(state, wanted())
      const logins = [...people].map(({ login }) => login)
      expect(logins).toHaveLength(count)
      return [logins, leftOut.map(({ line, reason }) => `${line} ${reason}`)]
    })
  }

  it('names people by id, by login, or by both, in its order, each once', async () => {
    expect(
      await list([
        { login: ' ZOE@example.com' },
        { oktaId: 'a', login: 'A@example.com' },
        { login: ' ZOE@example.com' },
      ]),
    ).toEqual([['Zoë@example.com', 'a@example.com'], []])
  })

  it('resets nobody who has moved, who is disabled or not in the legacy store, or whose login is not of the id', async () => {
    expect(
      await list([
        { oktaId: 'moved' },
        { login: 'leaver@example.com' },
        { oktaId: 'stranger' },
        { oktaId: 'a', login: 'zoe@example.com' },
        { oktaId: '00unobody' },
      ]),
    ).toEqual([[], ['2 moved', '3 disabled', '4 unknown', '5 unlike', '6 absent']])
  })
})
