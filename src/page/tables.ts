/** The tables of the page: by day of cut-off, by reason, by silence and by wave. */
import { html } from 'hono/html'
import { countPeople, longDate, share } from './numbers.ts'
import { figure } from '../text/figure.ts'
import { silenceWords } from '../text/silence.ts'
import type { PageReport } from './report.ts'

type Html = ReturnType<typeof html>
type Cell = string | Html

const table = (caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]) =>
  html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([first = '', ...others]) =>
          html`<tr>
            <th scope="row">${first}</th>
            ${others.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`

const titled = (title: string, content: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`

const dash = (value: number | undefined): string => (value === undefined ? '-' : figure(value))

export const cutOffTable = ({ forecast, lateDays = 90 }: PageReport): Html | '' => {
  if (!forecast) return ''
  if (!Array.isArray(forecast)) {
    return titled('If the hook ends', html`<p>No forecast: ${forecast.refused.sentence}</p>`)
  }
  const rows = forecast.map(({ date, notMoved, late, low, high }) => [
    longDate(Date.parse(date)),
    dash(notMoved),
    dash(late),
    late === undefined ? '-' : `${dash(low)} to ${dash(high)}`,
  ])
  const caption = `People whose old password is then of no use, and how many of them come within ${lateDays} days after and must set a new one. The range is meant to hold 8 of 10 times.`
  const heads = ['day', 'not moved', `come within ${lateDays} days`, 'range']
  return titled('If the hook ends on', table(caption, heads, rows))
}

/** The states of people who have not moved, in words for those who do not run the migration. */
const REASONS: Readonly<Record<string, string>> = {
  silent: 'have not tried to sign in',
  tried: 'have typed wrong passwords only',
  verified: 'were let in once, and Okta has not kept the password yet',
  again: 'were let in more than once, and Okta has not kept the password',
  blocked: 'cannot move: a damaged hash, or two accounts with one login',
  locked: 'were reset or are not active in Okta, and need the link of a mail',
}

export const reasonTable = ({ notMoved }: PageReport): Html => {
  const { people: all, ...states } = notMoved
  const rows = Object.entries(REASONS)
    .map(([state, words]) => [words, states[state] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([words, count]) => [words, figure(count), share(count, all)])
  const caption = `${countPeople(all)} ${all === 1 ? 'has' : 'have'} not moved.`
  return titled('Who has not moved, and why', table(caption, ['they', 'people', 'share'], rows))
}

export const silenceTable = ({ bySilence }: PageReport): Html | '' => {
  if (!bySilence) return ''
  const rows = bySilence.map(({ days, people, moved }) => [
    silenceWords(days),
    figure(people),
    figure(moved),
    figure(people - moved),
    share(moved, people),
  ])
  const caption = 'By how long before their first day a person was last seen in the old system.'
  const heads = ['last seen', 'people', 'moved', 'not moved', 'share']
  return titled('Who was there lately', table(caption, heads, rows))
}

export const waveTable = ({ waves }: PageReport): Html | '' => {
  if (!waves) return ''
  const { shown, others } = waves
  const named = [
    ...shown.map((wave) => ({ ...wave, name: wave.name ?? 'none' })),
    ...(others ? [{ ...others, name: 'all others' }] : []),
  ]
  const rows = named.map(({ name, people, moved, notMoved }) => [
    name,
    figure(people),
    figure(moved),
    figure(notMoved),
    share(moved, people),
  ])
  const caption = 'Groups that were imported one after the other.'
  return titled('By wave', table(caption, ['wave', 'people', 'moved', 'not moved', 'share'], rows))
}

/** The figures of a chart, for those who cannot see it or want to copy them. */
export const dayTable = (days: readonly (readonly [ms: number, people: number])[]): Html =>
  html`<details>
    <summary>The same as a table</summary>
    ${table(
      'People who moved on each day (UTC)',
      ['day', 'people'],
      days.filter(([, people]) => people > 0).map(([ms, people]) => [longDate(ms), figure(people)]),
    )}
  </details>`
