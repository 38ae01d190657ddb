/** The form in which logins are looked up, and the one in which two are the same. */
import { describe, expect, it } from 'vitest'
import { foldLogin, MAX_LOGIN_LENGTH, normaliseLogin, readLogin } from '../src/login.ts'
import { fc } from './support/properties.ts'

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

describe('readLogin', () => {
  it('cuts a login that is too long before it normalises it, and reports that', () => {
    const { typed, normalised, isTooLong } = readLogin(`a${'\u0301\u0316'.repeat(31_000)}`)
    expect([typed.length, normalised.length]).toEqual([MAX_LOGIN_LENGTH + 1, MAX_LOGIN_LENGTH])
    expect(isTooLong).toBe(true)
  })

  it('leaves a login as it was typed, whatever surrounds it', () => {
    const login = 'A'.repeat(MAX_LOGIN_LENGTH)
    const typed = `${login}${' '.repeat(1_000)}`
    expect(readLogin(typed)).toEqual({ typed, normalised: login.toLowerCase(), isTooLong: false })
  })

  it('gives no login the same form as one that is too long', () => {
    const longest = 'a'.repeat(MAX_LOGIN_LENGTH)
    expect(readLogin(`${longest}a`).normalised).not.toBe(readLogin(longest).normalised)
  })
})

describe('foldLogin', () => {
  it.each([
    ['Zoë@x.example', 'zoe@x.example'],
    ['άννα', 'ΑΝΝΑ'],
    ['o\u0308\u0304', 'O'],
  ])('takes %s and %s for the same', (one, other) => {
    expect(foldLogin(one)).toBe(foldLogin(other))
  })

  it.each([
    ['が', 'か'],
    ['กิ', 'กุ'],
    ['й', 'и'],
    ['straße', 'strase'],
  ])('takes %s and %s for different', (one, other) => {
    expect(foldLogin(one)).not.toBe(foldLogin(other))
  })
})

describe('folded logins', () => {
  it.each([
    ['Zoë@X.example', 'ZOE@x.example'],
    ['zo\u0065\u0308@x.example', 'zo\u00eb@x.example'],
    ['İ@x.example', 'i@x.example'],
  ])('%s and %s are the same to Okta', (one, other) => {
    expect(foldLogin(one)).toBe(foldLogin(other))
  })

  it('do not change when they are folded again, whatever their case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (login) => {
        const folded = foldLogin(login)
        expect(foldLogin(folded)).toBe(folded)
        expect(foldLogin(login.normalize('NFD'))).toBe(folded)
      }),
      { numRuns: 2000 },
    )
  })
})
