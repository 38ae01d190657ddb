/** The source that a connection counts for, and how many connections it may have. */
import { describe, expect, it } from 'vitest'
import { createSourceLimiter, sourceOf } from '../../src/ops/connections.ts'
import { ManualClock } from '../support/clock.ts'

describe('the source', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['2001:db8:1::', '2001:db8:1:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::ffff:0:1', '0:0:0:0'],
    ['', ''],
  ])('of %s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })
})

describe('the limits', () => {
  it('start again each second, whatever was refused', () => {
    const clock = new ManualClock()
    const { admit } = createSourceLimiter({ perSecond: 2, atOnce: 100 }, clock)
    expect([admit('a'), admit('a'), admit('a'), admit('b')]).toEqual([true, true, false, true])
    clock.advance(999)
    expect(admit('a')).toBe(false)
    clock.advance(1)
    expect([admit('a'), admit('a'), admit('a')]).toEqual([true, true, false])
  })

  it('count open connections, and forget those that have ended', () => {
    const { admit, release } = createSourceLimiter({ perSecond: 100, atOnce: 2 }, new ManualClock())
    expect([admit('a'), admit('a'), admit('a')]).toEqual([true, true, false])
    release('a')
    expect([admit('a'), admit('a')]).toEqual([true, false])
    release('a')
    release('a')
    expect([admit('a'), admit('a'), admit('a')]).toEqual([true, true, false])
  })
})
