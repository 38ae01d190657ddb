/** Repeats: one answer for one event, and for nobody else's. */
import { beforeEach, describe, expect, it } from 'vitest'
import { createSingleFlight, type Abandonment, type Caller } from '../../src/hook/single-flight.ts'
import { ManualClock } from '../support/clock.ts'

const CALL = { eventId: 'event', username: 'good', password: 'open sesame' }

let clock: ManualClock
let share: ReturnType<typeof createSingleFlight<number>>
/** How each decision that was begun is brought to its end. */
let begun: { readonly land: (result: number) => void; readonly crash: () => void; gone: boolean }[]

const decide = ({ signal }: Abandonment): Promise<number> =>
  new Promise((land, reject) => {
    const crash = (): void => reject(new Error('crashed'))
    const decision = { land, crash, gone: false }
    begun.push(decision)
    signal.addEventListener('abort', () => {
      decision.gone = true
      crash()
    })
  })

class Person implements Caller {
  #leave = (): void => undefined
  #gone = false
  isGone = (): boolean => this.#gone
  onceGone = (leave: () => void): void => {
    this.#leave = leave
  }
  hangUp(): void {
    this.#gone = true
    this.#leave()
  }
}

/** A call whose caller stays, if no other is given. */
const call = (more: object = {}, caller = new Person()) =>
  share({ ...CALL, ...more }, caller, decide)

beforeEach(() => {
  clock = new ManualClock()
  share = createSingleFlight<number>(clock)
  begun = []
})

describe('a repeat', () => {
  it('joins the first while that is in flight', async () => {
    const [first, second] = [call(), call()]
    expect(begun).toHaveLength(1)
    begun[0]?.land(7)
    expect(await first).toEqual({ result: 7, boarding: 'first' })
    expect(await second).toEqual({ result: 7, boarding: 'joined' })
  })

  it('is given the same answer for ten seconds after, and then decided anew', async () => {
    const first = call()
    begun[0]?.land(7)
    await first
    clock.advance(10_000)
    expect(await call()).toEqual({ result: 7, boarding: 'replayed' })
    clock.advance(1)
    void call()
    expect(begun).toHaveLength(2)
  })

  it.each([
    ['another password', { password: 'open barley' }],
    ['another username', { username: 'better' }],
    ['another event', { eventId: 'another' }],
    ['text moved from one field to the next', { username: 'goodopen', password: ' sesame' }],
    ['half a surrogate pair in place of another', { password: '\ud800' }],
    ['half a surrogate pair in place of yet another', { password: '\ud801' }],
    ['no event', { eventId: undefined }],
  ])('with %s is none', async (_, more) => {
    const first = call({ password: '\ufffd' })
    begun[0]?.land(7)
    await first
    const known = call()
    begun[1]?.land(8)
    await known
    const other = call(more)
    expect(begun).toHaveLength(3)
    begun[2]?.land(9)
    expect(await other).toEqual({ result: 9, boarding: 'first' })
  })

  it('of what has no event is none', () => {
    void call({ eventId: undefined })
    void call({ eventId: undefined })
    expect(begun).toHaveLength(2)
  })

  it('shares a failure in flight, and is a new chance after it', async () => {
    const both = Promise.allSettled([call(), call()])
    begun[0]?.crash()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const again = call()
    begun[1]?.land(7)
    expect(await again).toEqual({ result: 7, boarding: 'first' })
  })
})

describe('a caller that hangs up', () => {
  it('ends its flight if it was the only one', async () => {
    const caller = new Person()
    const lost = call({}, caller)
    caller.hangUp()
    expect(begun[0]?.gone).toBe(true)
    await expect(lost).rejects.toThrow('crashed')
  })

  it('that has hung up already ends it too', async () => {
    const caller = new Person()
    caller.hangUp()
    await expect(call({}, caller)).rejects.toThrow()
    expect(begun[0]?.gone).toBe(true)
  })

  it('leaves the flight to those who joined', async () => {
    const caller = new Person()
    const [first, second] = [call({}, caller), call()]
    caller.hangUp()
    expect(begun[0]?.gone).toBe(false)
    begun[0]?.land(7)
    expect((await second).result).toBe(7)
    await first
  })

  it('does not take its retry along', async () => {
    const caller = new Person()
    const lost = call({}, caller)
    caller.hangUp()
    const retry = call()
    await expect(lost).rejects.toThrow()
    await expect.poll(() => begun.length).toBe(2)
    begun[1]?.land(7)
    expect((await retry).result).toBe(7)
  })
})

describe('memory', () => {
  it('holds ten thousand events, and forgets the oldest first', async () => {
    const landed = Array.from({ length: 10_001 }, (_, i) => call({ eventId: String(i) }))
    for (const { land } of begun) land(7)
    await Promise.all(landed)
    expect((await call({ eventId: '1' })).boarding).toBe('replayed')
    void call({ eventId: '0' })
    expect(begun).toHaveLength(10_002)
  })
})
