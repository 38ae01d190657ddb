/** The form in which logins are looked up. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseLogin } from '../src/login.ts'

describe('normaliseLogin', () => {
  it.each([
    ['  Isaac.Brock@Example.COM\n', 'isaac.brock@example.com'],
    ['ZOE\u0308@x.example', 'zoë@x.example'],
  ])('%j becomes %s', (typed, login) => {
    expect(normaliseLogin(typed)).toBe(login)
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        expect(normaliseLogin(normaliseLogin(typed))).toBe(normaliseLogin(typed))
      }),
      { numRuns: 2000 },
    )
  })
})
