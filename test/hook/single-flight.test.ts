/** Repeats: one answer for one event, and for no other. */
import { beforeEach, describe, expect, it } from 'vitest'
import { createSingleFlight, type Cancellation, type Caller } from '../../src/hook/single-flight.ts'
import { ManualClock } from '../support/clock.ts'

const CALL = { eventId: 'event', username: 'good', password: 'open sesame' }

let clock: ManualClock
let share: ReturnType<typeof createSingleFlight<number>>
/** The decisions that were started, and functions that end them. */
let started: {
  readonly resolve: (result: number) => void
  readonly fail: () => void
  isAborted: boolean
}[]

const decide = ({ signal }: Cancellation): Promise<number> =>
  new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error('failed'))
    const decision = { resolve, fail, isAborted: false }
    started.push(decision)
    signal.addEventListener('abort', () => {
      decision.isAborted = true
      fail()
    })
  })

class TestCaller implements Caller {
  #onGone = (): void => undefined
  #gone = false
  isGone = (): boolean => this.#gone
  onGone = (run: () => void): void => {
    this.#onGone = run
  }
  hangUp(): void {
    this.#gone = true
    this.#onGone()
  }
}

/** Makes a call; unless another caller is given, its caller stays. */
const call = (more: object = {}, caller = new TestCaller()) =>
  share({ ...CALL, ...more }, caller, decide)

beforeEach(() => {
  clock = new ManualClock()
  share = createSingleFlight<number>(clock)
  started = []
})

describe('a repeat', () => {
  it('shares the result of the first while that is pending', async () => {
    const [first, second] = [call(), call()]
    expect(started).toHaveLength(1)
    started[0]?.resolve(7)
    expect(await first).toEqual({ result: 7, origin: 'first' })
    expect(await second).toEqual({ result: 7, origin: 'shared' })
  })

  it('gets the same answer for ten seconds afterwards, and then is decided again', async () => {
    const first = call()
    started[0]?.resolve(7)
    await first
    clock.advance(10_000)
    expect(await call()).toEqual({ result: 7, origin: 'replayed' })
    clock.advance(1)
    void call()
    expect(started).toHaveLength(2)
  })

  it.each([
    ['another password', { password: 'open barley' }],
    ['another username', { username: 'better' }],
    ['another event', { eventId: 'another' }],
    ['text moved from one field to the next', { username: 'goodopen', password: ' sesame' }],
    ['half a surrogate pair in place of another', { password: '\ud800' }],
    ['half a surrogate pair in place of yet another', { password: '\ud801' }],
    ['no event', { eventId: undefined }],
  ])('with %s is not one', async (_, more) => {
    const first = call({ password: '\ufffd' })
    started[0]?.resolve(7)
    await first
    const known = call()
    started[1]?.resolve(8)
    await known
    const other = call(more)
    expect(started).toHaveLength(3)
    started[2]?.resolve(9)
    expect(await other).toEqual({ result: 9, origin: 'first' })
  })

  it('of a call without an event is not one', () => {
    void call({ eventId: undefined })
    void call({ eventId: undefined })
    expect(started).toHaveLength(2)
  })

  it('shares a pending failure, and is decided again after it', async () => {
    const both = Promise.allSettled([call(), call()])
    started[0]?.fail()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const again = call()
    started[1]?.resolve(7)
    expect(await again).toEqual({ result: 7, origin: 'first' })
  })
})

describe('a caller that hangs up', () => {
  it('cancels the execution if it was the only one', async () => {
    const caller = new TestCaller()
    const lost = call({}, caller)
    caller.hangUp()
    expect(started[0]?.isAborted).toBe(true)
    await expect(lost).rejects.toThrow('failed')
  })

  it('that has hung up already cancels it too', async () => {
    const caller = new TestCaller()
    caller.hangUp()
    await expect(call({}, caller)).rejects.toThrow()
    expect(started[0]?.isAborted).toBe(true)
  })

  it('leaves the execution to the callers that share it', async () => {
    const caller = new TestCaller()
    const [first, second] = [call({}, caller), call()]
    caller.hangUp()
    expect(started[0]?.isAborted).toBe(false)
    started[0]?.resolve(7)
    expect((await second).result).toBe(7)
    await first
  })

  it('does not cancel its retry', async () => {
    const caller = new TestCaller()
    const lost = call({}, caller)
    caller.hangUp()
    const retry = call()
    await expect(lost).rejects.toThrow()
    await expect.poll(() => started.length).toBe(2)
    started[1]?.resolve(7)
    expect((await retry).result).toBe(7)
  })
})

describe('memory', () => {
  it('holds ten thousand events, and forgets the oldest first', async () => {
    const answered = Array.from({ length: 10_001 }, (_, i) => call({ eventId: String(i) }))
    for (const { resolve } of started) resolve(7)
    await Promise.all(answered)
    expect((await call({ eventId: '1' })).origin).toBe('replayed')
    void call({ eventId: '0' })
    expect(started).toHaveLength(10_002)
  })
})
