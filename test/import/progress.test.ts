/** The progress of a run: speed over minutes, an end that is not promised too soon, and lines that fit. */
import { describe, expect, it } from 'vitest'
import { describeSeconds } from '../../src/text/duration.ts'
import {
  createProgress,
  describeProgress,
  describeProgressInLine,
  toEvent,
  type Progress,
} from '../../src/import/report/progress.ts'
import type { Snapshot } from '../../src/import/run/run.ts'
import type { RateLimitStatus } from '../../src/okta/client/client.ts'
import { ManualClock } from '../support/clock.ts'
import { PACE, START } from '../support/progress.ts'

const observe = (first: Partial<Snapshot> = {}) => {
  const clock = new ManualClock()
  let snapshot: Snapshot = { ...START, ...first }
  let pace = PACE
  const look = createProgress({ snapshot: () => snapshot, pace: () => pace, clock })
  return (
    ms: number,
    next: Partial<Snapshot> = {},
    nextPace: Partial<RateLimitStatus> = {},
  ): Progress => {
    snapshot = { ...snapshot, ...next }
    pace = { ...PACE, ...nextPace }
    clock.advance(ms)
    return look()
  }
}

describe('the speed', () => {
  it('is that of the last three minutes, including the waits for a limit', () => {
    const after = observe({ total: 10_000 })
    let created = 0
    for (let minute = 0; minute < 30; minute++) {
      after(5_000, { created: (created += 300) })
      after(55_000)
    }
    const progress = after(0)
    expect(progress.rate).toBeCloseTo(5, 0)
    expect(progress.secondsLeft).toBeCloseTo(1_000 / progress.rate, 0)
    const silent = after(200_000)
    expect(silent).toMatchObject({ rate: 0, secondsLeft: undefined })
  })

  it('of a burst that a limit has ended is averaged over the whole minute', () => {
    const after = observe({ total: 3_000 })
    const limit = { waitingUntil: 60_000, reason: 'rate limit share used up' }
    expect(after(5_000, { created: 300 }, limit)).toMatchObject({ rate: 5, secondsLeft: 540 })
  })

  it('counts no row of an earlier run, and no time before the first row of this one', () => {
    const after = observe({ created: 5_000, total: 10_000 })
    expect(after(20_000)).toMatchObject({ done: 5_000, rate: 0, secondsLeft: undefined })
    expect(after(10_000, { created: 5_100 })).toMatchObject({ rate: 10, secondsLeft: 490 })
  })
})

describe('the percentage', () => {
  it('counts the rows that are done, and is 100 only at the end', () => {
    const after = observe()
    expect(describeProgress(after(1_000, { sending: 64 }), 80)[0]).toMatch(/^0 created/)
    expect(describeProgress(after(0, { total: 1_000, created: 999, sending: 1 }), 80)[0]).toMatch(
      /^99 %, 999 created/,
    )
    expect(describeProgress(after(0, { created: 1_000, sending: 0 }), 80)[0]).toMatch(/^100 %/)
  })
})

describe('what it waits for', () => {
  it('is a rate limit, or Okta when it has not answered for five seconds', () => {
    const after = observe({ total: 100 })
    const limit = { waitingUntil: 31_000, reason: 'rate limit share used up' }
    expect(after(1_000, {}, limit).waitingFor).toBe('waiting 30 s: rate limit share used up')
    const silence = { since: 1_000, attempt: 3, hasErrors: false }
    expect(after(4_900, {}, { silence }).waitingFor).toBeUndefined()
    expect(after(15_100, {}, { ...limit, silence }).waitingFor).toBe(
      'Okta has not answered for 20 s, attempt 3',
    )
    expect(after(0, {}, { silence: { ...silence, hasErrors: true } }).waitingFor).toBe(
      'Okta has answered only with errors for 20 s, attempt 3',
    )
  })
})

describe('a line of a log', () => {
  it('has everything that a terminal would show', () => {
    const after = observe({ total: 200 })
    const progress = after(5_000, { created: 40, existing: 10 })
    expect(describeProgressInLine(progress)).toBe(
      '25 %, 40 created, 10 already there, 0 rejected, 0 failed; 10 a second, about 15 s left',
    )
  })
})

describe('an event', () => {
  it('has the fields of docs/EVENTS.md', () => {
    const after = observe({ total: 200, created: 20 })
    expect(toEvent(after(5_000, { created: 70, sending: 3 }))).toEqual({
      event: 'progress',
      created: 70,
      updated: 0,
      existing: 0,
      rejected: 0,
      failed: 0,
      skipped: 0,
      unsettled: 3,
      done: 70,
      total: 200,
      rate: 10,
      secondsLeft: 13,
      waitingFor: undefined,
    })
  })
})

describe('describeSeconds', () => {
  it.each([
    [0.2, '1 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61.5, '1 min 1 s'],
    [754, '12 min'],
    [7_290, '2 h 1 min'],
  ])('%d is %s', (seconds, words) => {
    expect(describeSeconds(seconds)).toBe(words)
  })
})
