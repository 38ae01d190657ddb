/** Waits with a limit: what they return, and that they leave no timer behind. */
import { describe, expect, it } from 'vitest'
import { endsWithin, sleep, within } from '../src/clock.ts'
import { ManualClock } from './support/clock.ts'

const never = new Promise<never>(() => undefined)
const late = (): Error => new Error('late')

describe('a wait for work', () => {
  it('is true when the work ends in time, and leaves no timer', async () => {
    const clock = new ManualClock()
    expect(await endsWithin(clock, 100, Promise.resolve('done'))).toBe(true)
    expect(await within(clock, 100, Promise.resolve('done'), late)).toBe('done')
    expect(clock.pending).toEqual([])
  })

  it('is over at the limit, and not before', async () => {
    const clock = new ManualClock()
    const waits = [endsWithin(clock, 100, never), within(clock, 100, never, late)]
    const results = Promise.allSettled(waits)
    clock.advance(99)
    expect(clock.pending).toEqual([1, 1])
    clock.advance(1)
    expect(await results).toEqual([
      { status: 'fulfilled', value: false },
      { status: 'rejected', reason: late() },
    ])
  })

  it('passes on the error of the work', async () => {
    const clock = new ManualClock()
    const failing = (): Promise<never> => Promise.reject(new Error('broken'))
    await expect(endsWithin(clock, 100, failing())).rejects.toThrow('broken')
    await expect(within(clock, 100, failing(), late)).rejects.toThrow('broken')
    expect(clock.pending).toEqual([])
  })
})

describe('sleep', () => {
  it('ends when its time is up', async () => {
    const clock = new ManualClock()
    const done = sleep(clock, 100)
    clock.advance(100)
    await expect(done).resolves.toBeUndefined()
  })

  it("ends at its signal, with the signal's reason, and leaves no timer", async () => {
    const clock = new ManualClock()
    const reason = new Error('enough')
    const abort = new AbortController()
    const done = sleep(clock, 100, abort.signal)
    abort.abort(reason)
    await expect(done).rejects.toBe(reason)
    await expect(sleep(clock, 100, abort.signal)).rejects.toBe(reason)
    expect(clock.pending).toEqual([])
  })
})
