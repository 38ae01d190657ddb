/** The page about a campaign: what it says, what it asks of the ledger, and what is drawn. */
import { describe, expect, it } from 'vitest'
import { createPageApp, type PageDeps } from '../../src/page/app.ts'
import { marksUpTo, shortNumber } from '../../src/page/scale.ts'
import { ManualClock } from '../support/clock.ts'
import { pageReport } from '../support/page.ts'

const COUNTS = {
  report: JSON.stringify(pageReport),
  org: 'acme.okta.com',
  today: 158,
  events: new Map(),
}
const HOST = { headers: { host: 'localhost:9464' } }
const OPEN = { host: '127.0.0.1', token: undefined, allowedHosts: [] }

const show = async (
  readCounts: PageDeps['readCounts'] = () => Promise.resolve(COUNTS),
  clock = new ManualClock(),
) => {
  const app = createPageApp({ clock, access: OPEN, readCounts })
  const load = async (): Promise<string> => {
    const answer = await app.request('/campaign', HOST)
    expect(answer.status).toBe(200)
    return (await answer.text()).replaceAll(/\s+/g, ' ')
  }
  return { text: await load(), load, clock }
}

describe('the page', () => {
  it('has the figures of the report', async () => {
    const { text } = await show()
    for (const words of [
      'Migration to acme.okta.com',
      'Counted on 27 Nov 2026 at 16:02 UTC',
      'has let in 158 people so far',
      '51,164',
      'moved (42.6 %)',
      '68,836',
      '3,494',
      '5,930', // the last 7 days
      '2,597 to 4,391',
      '29 Jan 2027',
      '42,902',
      'longer, or never',
      'all others',
    ]) {
      expect(text).toContain(words)
    }
    expect(text).not.toContain('were reset')
  })

  it('leaves time to be read aloud before it loads itself again', async () => {
    const [, seconds] = /http-equiv="refresh" content="(\d+)"/.exec((await show()).text) ?? []
    expect(Number(seconds)).toBeGreaterThanOrEqual(300)
  })

  it('escapes what it shows, and says of each chart what is in it', async () => {
    const { text } = await show()
    expect(text).not.toContain('<script')
    expect(text).toContain('&lt;script&gt;')
    expect(text).toContain('Berlin &amp; Köln')
    expect(text).toContain(
      'From 5 Oct 2026 to 27 Nov 2026, 51,164 people have moved. By 2 Apr 2027, 58,364 are foretold, from 57,004 to 59,724.',
    )
  })

  it('tells the news of Okta since the report as what it is', async () => {
    const tell = async (events: Record<string, number>) =>
      (await show(() => Promise.resolve({ ...COUNTS, events: new Map(Object.entries(events)) })))
        .text
    expect(await tell({ 'user.import.password': 1_234 })).toContain(
      'Since then 1,234 more have moved, as Okta&#39;s events say (news, no proof). This page',
    )
    expect(await tell({ 'user.import.password': 2, 'user.account.update_password': 1 })).toContain(
      '(news, no proof); passwords set in Okta: 1. This page',
    )
    const text = await tell({ 'user.other': 5 })
    expect(text).not.toContain('Since then')
    // The figures of the report stay as they are.
    expect(await tell({ 'user.import.password': 99_999 })).toContain('51,164')
  })

  it('says what is missing', async () => {
    const none = { ...COUNTS, report: undefined, today: 0 }
    expect((await show(() => Promise.resolve(none))).text).toContain('run okta-migrate status')
    const other = { ...COUNTS, report: '{"schema":"another"}' }
    expect((await show(() => Promise.resolve(other))).text).toContain('by another version')
    const app = createPageApp({ clock: new ManualClock(), access: OPEN, readCounts: undefined })
    const answer = await app.request('/campaign', HOST)
    expect(await answer.text()).toContain('This server keeps no ledger')
  })

  it('shows a refused forecast, and the report of a campaign in which nobody has moved', async () => {
    const sentence = 'Only 12 people have moved.'
    const report = {
      ...pageReport,
      ...{ moved: 0, perDay: [], forecast: { refused: { sentence } }, course: undefined },
      notMoved: { people: 0, silent: 0 },
      goLive: undefined,
    }
    const { text } = await show(() =>
      Promise.resolve({ ...COUNTS, report: JSON.stringify(report) }),
    )
    expect(text).toContain(`No forecast: ${sentence}`)
    expect(text).not.toMatch(/NaN|Infinity|undefined/)
  })

  it.each([
    [{ goLive: '0001-01-01' }],
    [{ perDay: [['0001-01-01', 3], ...pageReport.perDay] }],
    [{ at: '9999-12-31T23:59:59.999Z' }],
  ])('draws three years at most, whatever the report says: %j', async (more) => {
    const report = JSON.stringify({ ...pageReport, ...more })
    const { text } = await show(() => Promise.resolve({ ...COUNTS, report }))
    expect(text.match(/class="bar"/g)?.length).toBe(2 * 1_100)
    expect(text).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('counts in the curve who moved before its first day', async () => {
    const report = JSON.stringify({ ...pageReport, perDay: [['2011-02-03', 51_164]] })
    const { text } = await show(() => Promise.resolve({ ...COUNTS, report }))
    expect(text).toContain('From 24 Nov 2023 to 27 Nov 2026, 51,164 people have moved.')
  })

  it('is made once a minute, however many read it', async () => {
    const clock = new ManualClock()
    clock.advance(Date.parse(pageReport.at) + 3_599_000 - clock.epochMs())
    const { text, load } = await show(undefined, clock)
    expect(text).toContain('59 minutes ago')
    clock.advance(59_000)
    expect(await load()).toBe(text)
    clock.advance(1_000)
    expect(await load()).toContain('1 hour ago')
  })

  it('speaks of one person, and of what is foretold only if something is', async () => {
    const report = { ...pageReport, notMoved: { people: 1, tried: 1 }, course: undefined }
    const { text } = await show(() =>
      Promise.resolve({ ...COUNTS, report: JSON.stringify(report), today: 1 }),
    )
    expect(text).toContain('the hook has let in 1 person so far')
    expect(text).toContain('1 person has not moved.')
    expect(text).toContain('<h2>Moved</h2>')
    expect((await show()).text).toContain('Moved, and foretold')
  })

  it('warns of old counts', async () => {
    const clock = new ManualClock()
    clock.advance(Date.parse(pageReport.at) + 9 * 86_400_000 - clock.epochMs())
    expect((await show()).text).not.toContain('are old')
    const { text } = await show(undefined, clock)
    expect(text).toContain('9 days ago')
    expect(text).toContain('These counts are old: run okta-migrate status again.')
  })

  it('reads the ledger once a minute, also one that cannot be read, and keeps what it has', async () => {
    let reads = 0
    const read = () => {
      reads++
      return reads === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(COUNTS)
    }
    const { load, clock } = await show(read)
    await Promise.all([load(), load()])
    expect(reads).toBe(1)
    clock.advance(60_000)
    const text = await load()
    expect(text).toContain('The ledger cannot be read now')
    expect(text).toContain('51,164')
    expect(await load()).toContain('cannot be read now')
    expect(reads).toBe(2)
    clock.advance(60_000)
    expect(await load()).not.toContain('cannot be read now')
  })
})

describe('the axis of a chart', () => {
  it.each([
    [0, [0]],
    [1, [0, 1]],
    [9, [0, 5, 10]],
    [97, [0, 50, 100]],
    [58_364, [0, 20_000, 40_000, 60_000]],
  ])('up to %d has whole, round marks', (greatest, marks) => {
    expect(marksUpTo(greatest)).toEqual(marks)
  })

  it('has short numbers', () => {
    expect([500, 9_000, 20_000, 2_500_000].map(shortNumber)).toEqual([
      '500',
      '9,000',
      '20k',
      '2,500k',
    ])
  })
})
