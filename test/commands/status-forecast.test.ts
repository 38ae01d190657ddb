/** `okta-migrate status --cut-off`: the forecast over real sources, against one made of the same people directly. */
import { parse } from 'csv-parse/sync'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Census } from '../../src/campaign/forecast/census.ts'
import { EXPLANATION } from '../../src/campaign/forecast/explain.ts'
import { forecastCutOffs } from '../../src/campaign/forecast/forecast.ts'
import { systemClock } from '../../src/clock.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { runInProcess } from '../support/in-process.ts'
import {
  GO_LIVE,
  makeSimulatedCampaign,
  simulateCampaign,
  TODAY,
} from '../support/simulated-campaign.ts'
import { tempDir } from '../support/temp.ts'

const DAY_MS = 86_400_000

const run = (dir: string, env: Record<string, string>, ...args: string[]) =>
  runInProcess(
    (perform) =>
      statusCommand(perform, { ...systemClock, epochMs: () => GO_LIVE + TODAY * DAY_MS }),
    ['--state', join(dir, 'state.sqlite'), '--go-live', '2026-10-05', ...args],
    env,
  )

describe('a forecast', () => {
  it('is that of the same people', async () => {
    const people = simulateCampaign()
    const { dir, env } = await makeSimulatedCampaign(people)
    const { stdout, stderr } = await run(dir, env, '--cut-off', '2026-12-24', '--json')
    expect(stderr).toBe('')
    const census = new Census(TODAY)
    for (const { seenBefore, movedOn } of people) {
      census.add({ lastSeenBefore: seenBefore, movedOnDay: movedOn })
    }
    const told = forecastCutOffs(census, { goLiveMs: GO_LIVE, cutOffDays: [80] })
    if ('refused' in told) throw new Error(told.refused.sentence)
    const [{ notMoved, late } = {}] = told.cutOffs
    if (!late || 'refused' in late) throw new Error('refused')
    const rounded = { late: late.people, low: late.low, high: late.high, notMoved: notMoved ?? 0 }
    const [week] = told.course()
    const { people: coming = NaN, low = NaN, high = NaN } = week?.coming ?? {}
    expect(JSON.parse(stdout)).toMatchObject({
      lateDays: 90,
      course: expect.arrayContaining([
        ['2026-12-04', ...[coming, low, high].map(Math.round)],
      ]) as unknown,
      forecast: [
        {
          date: '2026-12-24',
          ...Object.fromEntries(Object.entries(rounded).map(([name, n]) => [name, Math.round(n)])),
        },
      ],
    })
    const left = join(dir, 'left.csv')
    const listed = await run(dir, env, '--left', left, '--late', '30')
    expect(listed.stdout).not.toContain('If the hook ends on')
    const [first] = parse<Record<string, string>>(readFileSync(left, 'utf8'), { columns: true })
    const silence = (GO_LIVE + TODAY * DAY_MS - Date.parse(first?.['last_seen'] ?? '')) / DAY_MS
    expect(first?.['chance']).toBe(told.chanceWithin(silence, 30).toFixed(3))
    const words = await run(dir, env, '--cut-off', '2026-12-24', '--fail-if-late', '100')
    expect(words.code).toBe(1)
    expect(words.stdout).toMatch(/^ {2}2026-12-24 +[\d,]+ +[\d,]+ {3}[\d,]+ to [\d,]+$/m)
  })

  it('explains itself without any source', async () => {
    const { code, stdout } = await run(tempDir(), {}, '--explain')
    expect([code, stdout]).toEqual([0, EXPLANATION])
  })

  it('is refused with a reason, and a day in the past is refused before anything is read', async () => {
    const { dir, env } = await makeSimulatedCampaign(simulateCampaign().slice(0, 100))
    const { stdout, code } = await run(dir, env, '--cut-off', '2026-12-24')
    expect(stdout).toMatch(/^No forecast: Only \d+ people .* A forecast needs 500\.$/m)
    expect(code).toBe(0)
    const past = await run(dir, env, '--cut-off', '2026-11-26')
    expect([past.code, past.stderr]).toEqual([2, expect.stringContaining('today or later')])
  })
})
