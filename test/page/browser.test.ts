/** The page in a real browser: Debian's Chromium, where it is installed. */
import { serve } from '@hono/node-server'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createPageApp } from '../../src/page/app.ts'
import { ManualClock } from '../support/clock.ts'
import { pageReport } from '../support/page.ts'

const CHROMIUM = '/usr/bin/chromium'

/** It runs as root in containers, and would otherwise call its maker. */
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

const startPage = async (report: object): Promise<string> => {
  const counts = {
    report: JSON.stringify(report),
    org: 'acme.okta.com',
    today: 158,
    events: new Map(),
  }
  const app = createPageApp({
    clock: new ManualClock(),
    access: { host: '127.0.0.1', token: undefined, allowedHosts: [] },
    readCounts: () => Promise.resolve(counts),
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/campaign`
}

const VIEWS = [
  { width: 1280, colorScheme: 'light', drawn: 'wide' },
  { width: 390, colorScheme: 'light', drawn: 'narrow' },
  { width: 320, colorScheme: 'light', drawn: 'narrow' },
  { width: 1280, colorScheme: 'dark', drawn: 'wide' },
  { width: 390, colorScheme: 'dark', drawn: 'narrow' },
] as const

const LARGE = {
  ...pageReport,
  moved: 5_116_400,
  notMoved: { people: 6_883_600, silent: 6_691_200, tried: 187_100 },
  forecast: [
    { date: '2026-12-24', notMoved: 6_593_400, late: 349_400, low: 259_700, high: 439_100 },
  ],
  bySilence: [{ people: 4_569_700, moved: 1_019_300 }],
}

/** WCAG 2.2, "contrast ratio". */
const contrast = (one: string, other: string): number => {
  const [a = 0, b = 0] = [one, other]
    .map((colour) => {
      const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((text) => Number(text) / 255)
      const [r = 0, g = 0, b = 0] = parts.map((part) =>
        part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
      )
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    })
    .sort((a, b) => b - a)
  return (a + 0.05) / (b + 0.05)
}

describe.skipIf(!existsSync(CHROMIUM))('in Chromium, the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') })
  })
  afterAll(() => browser.close())

  const open = async (
    { width, colorScheme }: (typeof VIEWS)[number],
    report: object = pageReport,
  ) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const [requests, messages]: [string[], string[]] = [[], []]
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => messages.push(message.text()))
    page.on('pageerror', (err) => messages.push(err.message))
    const url = await startPage(report)
    await page.goto(url)
    return { page, url, requests, messages }
  }

  it.each(VIEWS)('asks for nothing but itself, and fits: $width px, $colorScheme', async (view) => {
    const { page, url, requests, messages } = await open(view)
    expect([requests, messages]).toEqual([[url], []])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(view.width)
    expect(await page.locator('svg').filter({ visible: true }).count()).toBe(2)
    expect(await page.locator(`svg.${view.drawn}`).filter({ visible: true }).count()).toBe(2)
    const colourOf = (selector: string, name: string): Promise<string> =>
      page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${name}`)
    const paper = await colourOf('body', 'backgroundColor')
    expect(contrast(paper, 'rgb(0, 0, 0)') > 10).toBe(view.colorScheme === 'light')
    for (const selector of ['td', '.soft', 'thead th', 'dd.warning']) {
      expect(contrast(await colourOf(selector, 'color'), paper)).toBeGreaterThan(4.5)
    }
  })

  it.each([
    ['of some', pageReport],
    ['of millions', LARGE],
  ])('has rows with names that can be read on the smallest telephone: %s', async (_, report) => {
    const { page } = await open(VIEWS[2], report)
    const widths = await page.evaluate(
      `[...document.querySelectorAll('th[scope=row]')].map((th) => th.offsetWidth).filter(Boolean)`,
    )
    expect(Math.min(...(widths as number[]))).toBeGreaterThan(60)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  it.each([VIEWS[0], VIEWS[1]])('draws no text beyond its edge: $width px', async (view) => {
    const forecast = Array.from({ length: 24 }, (_, i) => ({
      date: `2027-03-${String(i + 8).padStart(2, '0')}`,
    }))
    const { page } = await open(view, { ...pageReport, forecast, goLive: '2024-10-05' })
    const ends = await page.evaluate(
      `[...document.querySelectorAll('svg text')].map((text) => {
        const { x, width } = text.getBBox()
        return text.ownerSVGElement.viewBox.baseVal.width - x - width
      })`,
    )
    expect(Math.min(...(ends as number[]))).toBeGreaterThanOrEqual(0)
    const years = await page.locator(`svg.${view.drawn} text`).allTextContents()
    expect(years).toEqual(expect.arrayContaining(['5 Oct 2024', '27 Nov 2026', '2 Apr 2027']))
  })

  it('can be read by a screen reader', async () => {
    const { page } = await open(VIEWS[1])
    const heading = (level: number) => page.getByRole('heading', { level }).allTextContents()
    expect(await heading(1)).toEqual(['Migration to acme.okta.com'])
    expect((await heading(2)).length).toBe(6)
    expect(await page.getByRole('main').count()).toBe(1)
    for (const name of ['People who have moved', 'First sign-ins a day']) {
      expect(await page.getByRole('img', { name }).count()).toBe(1)
    }
    const cell = page.getByRole('row', { name: /24 Dec 2026/ }).getByRole('cell')
    expect((await cell.allTextContents()).map((text) => text.trim())).toEqual([
      '65,934',
      '3,494',
      '2,597 to 4,391',
    ])
    await page.getByText('The same as a table').click()
    expect(await page.getByRole('row', { name: /^5 Oct 2026/ }).count()).toBe(1)
  })

  it('is shown in no frame', async () => {
    const { page, url } = await open(VIEWS[0])
    const answer = await page.request.get(url)
    expect(answer.headers()).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/,
      ) as unknown,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
  })
})
