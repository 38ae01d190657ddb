/** What is seen of a run: lines, events, a bar, and an end that is not promised too soon. */
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { chooseDisplay, describeSeconds, watch } from '../../src/import/progress.ts'
import type { Snapshot } from '../../src/import/run.ts'
import type { Pace } from '../../src/okta/client.ts'
import { ManualClock } from '../support/clock.ts'

const NOTHING = {
  sending: 0,
  created: 0,
  existing: 0,
  rejected: 0,
  failed: 0,
  skipped: 0,
  before: 0,
  last: 0,
  inFlight: 0,
}

const show = (json: boolean, isTTY: boolean) => {
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), { isTTY })
  const clock = new ManualClock()
  let snapshot: Snapshot = { ...NOTHING, behind: undefined }
  let pace: Pace = { concurrency: 10, waitingUntil: undefined, reason: undefined }
  const display = chooseDisplay({ json, stdout, stderr })
  const end = watch({ display, snapshot: () => snapshot, pace: () => pace, clock })
  return {
    after: (ms: number, next: Partial<Snapshot>, nextPace: Partial<Pace> = {}): string => {
      snapshot = { ...snapshot, ...next }
      pace = { ...pace, ...nextPace }
      clock.advance(ms)
      return String((json ? stdout : stderr).read() ?? '')
    },
    end,
    clock,
  }
}

describe('without a terminal', () => {
  it('a line is written every five seconds, with rate, end, and what it waits for', () => {
    const { after, end, clock } = show(false, false)
    expect(after(4_999, { created: 10 })).toBe('')
    expect(after(1, { created: 40, existing: 10, behind: 0.25 })).toBe(
      '25 %, 40 created, 10 already there, 0 rejected, 0 failed; 10 a second, about 15 s left\n',
    )
    const limit = { waitingUntil: 40_000, reason: "Okta's limit of requests" }
    expect(after(5_000, {}, limit)).toContain("waiting 30 s: Okta's limit of requests")
    end()
    expect(clock.pending).toEqual([])
  })

  it('rows of an earlier run promise nothing', () => {
    const { after } = show(false, false)
    expect(after(5_000, { behind: 0.5, before: 0.5 })).not.toContain('left')
    expect(after(5_000, { created: 20, behind: 0.75 })).toContain('about 10 s left')
  })
})

describe('for a program', () => {
  it('each look is a JSON line', () => {
    const { after } = show(true, false)
    expect(JSON.parse(after(5_000, { created: 5 }))).toMatchObject({
      event: 'progress',
      created: 5,
      rate: 1,
    })
  })
})

describe('on a terminal', () => {
  it('a bar stands in one line', () => {
    const { after, end } = show(false, true)
    expect(after(1_000, { created: 5, behind: 0.5 })).toMatch(/█{12}░{12}.* 50 %.*5 created/)
    end()
  })
})

describe('describeSeconds', () => {
  it.each([
    [0.2, '1 s'],
    [59, '59 s'],
    [61.5, '1 min 1 s'],
    [7_290, '2 h 1 min'],
  ])('%d is %s', (seconds, words) => {
    expect(describeSeconds(seconds)).toBe(words)
  })
})
