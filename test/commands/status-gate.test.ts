/** `status --fail-if-late`: when a forecast fails the gate, when it passes, and when nobody can know. */
import { describe, expect, it } from 'vitest'
import type { CutOffForecast } from '../../src/campaign/forecast/forecast.ts'
import { refuseFew, refuseReach } from '../../src/campaign/forecast/refusals.ts'
import { describeGate, gateOf } from '../../src/commands/status/gate.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { runInProcess } from '../support/in-process.ts'

const GO_LIVE = Date.UTC(2026, 9, 5)

const late = (people: number): CutOffForecast['late'] => ({ people, low: 0, high: 2 * people })

const reportOf = (failIfLate: number | undefined, ...lates: CutOffForecast['late'][]) => ({
  goLive: GO_LIVE,
  options: failIfLate === undefined ? {} : { failIfLate },
  foretold: {
    cutOffs: lates.map((late, i) => ({ day: 80 + i, notMoved: 0, late })),
    ...{ changes: [], backtest: [], course: () => [], chanceOf: () => 0 },
  },
})

describe('the gate', () => {
  it('fails for any day with more late comers than may be, and names each', () => {
    const report = reportOf(2_500, late(2_500.4), late(2_501), late(9_000))
    expect(gateOf(report)).toEqual({
      passed: false,
      failIfLate: 2_500,
      failures: [
        '2026-12-25: 2,501 people come too late.',
        '2026-12-26: 9,000 people come too late.',
      ],
    })
    expect(describeGate(report)).toContain(
      'FAILED (--fail-if-late 2500): 2026-12-25: 2,501 people come too late.',
    )
  })

  it('passes if there is no such day', () => {
    expect(gateOf(reportOf(2_500, late(2_500), late(0)))?.passed).toBe(true)
    expect(describeGate(reportOf(2_500, late(1))).join('')).toMatch(/^Passed: /)
  })

  it('is not there unless it is asked for', () => {
    expect(gateOf(reportOf(undefined, late(1)))).toBeUndefined()
    expect(describeGate(reportOf(undefined, late(1)))).toEqual([])
  })

  it('fails where it cannot be known, and says so', () => {
    const refused = refuseReach(80, 90, 60)
    const failed = gateOf(reportOf(2_500, { refused }))
    expect(failed?.failures).toEqual([
      `2026-12-24: how many come too late cannot be known. ${refused.sentence}`,
    ])
    const none = { ...reportOf(2_500), foretold: { refused } }
    expect(gateOf(none)?.failures).toEqual([
      `how many come too late cannot be known. ${refused.sentence}`,
    ])
    const unknown = { ...reportOf(2_500), goLive: undefined, foretold: undefined }
    expect(gateOf(unknown)?.failures.join('')).toContain('The day of go-live is not known')
  })

  it('passes where there are too few for a range, unless even those could be too many', () => {
    const refused = refuseFew(60)
    expect(gateOf(reportOf(100, { refused }))?.passed).toBe(true)
    expect(gateOf(reportOf(99, { refused }))?.passed).toBe(false)
  })

  it('needs a day, and the refusal shows an example', async () => {
    const run = runInProcess((perform) => statusCommand(perform), ['--fail-if-late', '9'], {})
    expect(await run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--cut-off 2026-12-24 --fail-if-late 2500') as unknown,
    })
  })
})
