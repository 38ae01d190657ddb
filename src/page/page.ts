/** The page about a campaign for those who do not run it: how many have moved, and what is foretold. Nobody is named on it. */
import { DAY_MS } from '../clock.ts'
import { html, raw } from 'hono/html'
import { CHART_WIDTHS, drawCurve, drawDays } from './chart.ts'
import { ago, countPeople, longDate, share, time } from './numbers.ts'
import { figure } from '../text/figure.ts'
import type { PageReport } from './report.ts'
import { STYLE } from './style.ts'
import { cutOffTable, dayTable, reasonTable, silenceTable, waveTable } from './tables.ts'

type Html = ReturnType<typeof html>

export interface PageData {
  /** The host of the org, where it is known. */
  readonly org: string | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  /** Undefined where no report has been saved, or none can be read. */
  readonly report: PageReport | undefined
  /** People who were let in for the first time since midnight (UTC), by the ledger. */
  readonly today: number | undefined
  /** What Okta's event hook has told since the report, by the type of the event. */
  readonly events: ReadonlyMap<string, number> | undefined
  /** What is wrong, in sentences. */
  readonly warnings: readonly string[]
}

/** Made here, since a blank more or less would change what the header allows. */
const STYLE_TAG = raw(`<style>${STYLE}</style>`)

/** A reload closes the table of days, and takes a screen reader back to the top. */
const REFRESH_SECONDS = 300

const OLD_DAYS = 8
const WEEK_DAYS = 7

/** Three years. A report may name a day of long ago, and each day is drawn by the thread that answers Okta's calls. */
const MAX_DAYS = 1_100

type Point = readonly [ms: number, people: number]

/** Each day until now, also those on which nobody moved; the last MAX_DAYS of them. */
const everyDay = ({ perDay, goLive, at }: PageReport): Point[] => {
  const counts = new Map(perDay.map(([date, people]) => [Date.parse(date), people]))
  const first = Math.min(...counts.keys(), Date.parse(goLive ?? at))
  const last = Math.floor(Date.parse(at) / DAY_MS)
  const days = Math.min(Math.max(last - Math.floor(first / DAY_MS) + 1, 1), MAX_DAYS)
  return Array.from({ length: days }, (_, index) => {
    const ms = (last - days + 1 + index) * DAY_MS
    return [ms, counts.get(ms) ?? 0]
  })
}

const sumUp = (days: readonly Point[], { moved, at }: PageReport): Point[] => {
  // Who moved before the first of these days, or at a time that is not known.
  let people = moved - days.reduce((all, [, count]) => all + count, 0)
  return [
    [days[0]?.[0] ?? 0, people],
    ...days.map(([ms, count]): Point => [Math.min(ms + DAY_MS, Date.parse(at)), (people += count)]),
  ]
}

const tile = (value: string, words: string, isWarning = false): Html =>
  html`<div>
    <dt>${words}</dt>
    <dd class="${isWarning ? 'warning' : ''}">${value}</dd>
  </div>`

const tiles = (report: PageReport, days: readonly Point[]): Html => {
  const { moved, notMoved, forecast, lateDays = 90 } = report
  const week = days.slice(-WEEK_DAYS).reduce((all, [, people]) => all + people, 0)
  const first = Array.isArray(forecast) ? forecast[0] : undefined
  const blocked = notMoved['blocked'] ?? 0
  return html`<dl>
    ${tile(figure(moved), `moved (${share(moved, moved + notMoved.people)})`)}
    ${tile(figure(notMoved.people), 'not moved')}
    ${
      first?.late === undefined
        ? ''
        : tile(
            figure(first.late),
            `would come within ${lateDays} days if the hook ended on ${longDate(Date.parse(first.date))}`,
          )
    }
    ${tile(figure(week), 'moved in the last 7 days')}
    ${blocked === 0 ? '' : tile(figure(blocked), 'cannot move', true)}
  </dl>`
}

const LEGEND = html`<p class="soft">
  Dashed: foretold, with the range that is meant to hold 8 of 10 times. Upright: a day of cut-off.
</p>`

const charts = (report: PageReport, days: readonly Point[]): Html => {
  const { moved, course = [] } = report
  const foretold = course.map(([date, ...more]) => {
    const [people = 0, low = 0, high = 0] = more.map((count) => moved + count)
    return { at: Date.parse(date), people, low, high }
  })
  const cutOffs = Array.isArray(report.forecast)
    ? report.forecast.map(({ date }) => Date.parse(date))
    : []
  const curve = { moved: sumUp(days, report), foretold, cutOffs }
  return html`<section>
      <h2>${foretold.length === 0 ? 'Moved' : 'Moved, and foretold'}</h2>
      ${CHART_WIDTHS.map((width) => drawCurve(curve, width))} ${foretold.length === 0 ? '' : LEGEND}
    </section>
    <section>
      <h2>First sign-ins a day</h2>
      ${CHART_WIDTHS.map((width) => drawDays(days, width))} ${dayTable(days)}
    </section>`
}

const content = (report: PageReport): Html => {
  const days = everyDay(report)
  return html`${tiles(report, days)} ${charts(report, days)} ${cutOffTable(report)}
  ${reasonTable(report)} ${waveTable(report)} ${silenceTable(report)}`
}

const sourcesOf = ({ report, now, today }: PageData): string => {
  if (!report)
    return 'No status has been saved yet: run okta-migrate status on a machine that can write to the ledger.'
  const at = Date.parse(report.at)
  const counted = `Counted on ${longDate(at)} at ${time(at)} UTC, ${ago(now - at)}.`
  return today === undefined
    ? counted
    : `${counted} Today (UTC) the hook has let in ${countPeople(today)} so far.`
}

/** What was pushed may be incomplete, and a person who has the secret can invent it. */
const newsOf = ({ report, events = new Map() }: PageData): string => {
  const moved = events.get('user.import.password') ?? 0
  const set = events.get('user.account.update_password') ?? 0
  if (!report || moved + set === 0) return ''
  const others = set === 0 ? '' : `; passwords set in Okta: ${figure(set)}`
  return `Since then ${figure(moved)} more have moved, as Okta's events say (news, no proof)${others}.`
}

const isOld = ({ report, now }: PageData): boolean =>
  report !== undefined && now - Date.parse(report.at) > OLD_DAYS * DAY_MS

const warningsOf = (data: PageData): readonly string[] => [
  ...data.warnings,
  ...(isOld(data) ? ['These counts are old: run okta-migrate status again.'] : []),
]

export const renderPage = (data: PageData): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="${REFRESH_SECONDS}" />
        <title>Migration to ${data.org ?? 'Okta'}</title>
        ${STYLE_TAG}
      </head>
      <body>
        <main>
          <h1>Migration to ${data.org ?? 'Okta'}</h1>
          <p class="soft">${sourcesOf(data)} ${newsOf(data)} This page names nobody.</p>
          ${warningsOf(data).map((warning) => html`<p class="warning" role="status">${warning}</p>`)}
          ${data.report ? content(data.report) : ''}
        </main>
      </body>
    </html>`
