/** Last logins as systems write them, and their days. */
import { describe, expect, it } from 'vitest'
import { createLastLogins, latestOf, readMoment } from '../../src/audit/last-logins.ts'

const AT = Date.UTC(2026, 8, 28, 7, 30)

describe('a last login', () => {
  it.each([
    ['2026-09-28T07:30:00Z', AT],
    ['2026-09-28T07:30:00.123456Z', AT],
    ['2026-09-28 07:30:00', AT],
    ['2026-09-28 07:30', AT],
    ['2026-09-28 09:30:00+02', AT],
    ['2026-09-28T02:00:00-05:30', AT],
    ['2026-09-28T02:00:00-0530', AT],
    ['2026-09-28 07:30:00 UTC', AT],
    ['2026-09-28', Date.UTC(2026, 8, 28)],
    [AT, AT],
    [AT / 1000, AT],
    [String(AT), AT],
    [String(AT / 1000), AT],
    [new Date(AT).toISOString(), AT],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ])('%s is read', (value, ms) => {
    expect(readMoment(value)).toBe(ms)
  })

  it.each([[0], ['0'], ['0000-00-00 00:00:00'], ['0000-00-00'], [' ']])(
    '%j means that there was none',
    (value) => {
      expect(readMoment(value)).toBe('never')
    },
  )

  it.each([
    ['yesterday'],
    ['28.09.2026'],
    ['2026-02-30'],
    ['2026-13-01'],
    ['2026-09-28 24:30:00'],
    ['2026-09-28T07:30:00 Europe/Berlin'],
    ['infinity'],
    ['12345'],
    [-5],
    // A day as a number, days since 1970, and a Julian day.
    [20_261_005],
    [20_731],
    [2_461_318.5],
    [AT * 1000],
    [true],
    [['2026-09-28']],
  ])('%j is no date', (value) => {
    expect(readMoment(value)).toBeUndefined()
  })
})

describe('the latest moment of a time', () => {
  const [second, minute, hour] = [1_000, 60_000, 3_600_000]

  it.each([
    ['2026-09-28T07:30:00Z', AT + second],
    ['2026-09-28 09:30+02', AT + minute],
    [AT / 1000, AT + second],
    [String(AT), AT + second],
    ['2026-09-28 07:30:00', AT + second + 14 * hour],
    ['2026-09-28 07:30', AT + minute + 14 * hour],
    ['2026-09-28', Date.UTC(2026, 8, 29) + 14 * hour],
    ['0000-00-00', 'never'],
    ['yesterday', undefined],
  ])('%s', (value, latest) => {
    expect(latestOf(value)).toBe(latest)
  })
})

describe('last logins', () => {
  const read = (values: readonly string[]) => {
    const logins = createLastLogins()
    for (const [i, value] of values.entries()) logins.add(value, String(i))
    return logins.read()
  }
  const today = Date.UTC(2026, 8, 30) / 86_400_000

  it('count for the seven full days before a day, and neither for that day nor for older ones', () => {
    const times = (day: string, count: number) => Array<string>(count).fill(`2026-09-${day}`)
    const all = [...times('30', 9), ...times('22', 8), ...times('23', 2), ...times('29', 3)]
    expect(read(all).busiestBefore(today)).toBe(3)
    expect(read([...all, ...times('23', 2)]).busiestBefore(today)).toBe(4)
    expect(read([]).busiestBefore(today)).toBe(0)
  })

  it('that are no dates are counted, with the account of the first', () => {
    expect(read(['2026-09-29', 'x', 'y'])).toMatchObject({ given: 3, bad: 2, firstBad: '1' })
  })
})
