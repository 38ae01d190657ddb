/** Draws the page's charts as SVG: the people who have moved with what is foretold, and the moves of each day. */
import { DAY_MS } from '../clock.ts'
import { html } from 'hono/html'
import { longDate, shortDate } from './numbers.ts'
import { figure } from '../text/figure.ts'
import { between, marksUpTo, shortNumber, type Axis } from './scale.ts'

type Html = ReturnType<typeof html>
type Point = readonly [ms: number, people: number]

/** A wide screen and a telephone: text inside a drawing would shrink with it. */
export const CHART_WIDTHS = [
  ['wide', 880],
  ['narrow', 350],
] as const

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 14, 16, 24]

interface Frame {
  readonly width: number
  readonly height: number
  readonly times: Axis
  readonly greatest: number
}

const frameOf = ({ width, height, times, greatest }: Frame) => {
  const marks = marksUpTo(greatest)
  const floor = height - BOTTOM
  const x = between(times, { from: LEFT, to: width - RIGHT })
  const y = between({ from: 0, to: marks.at(-1) ?? 1 }, { from: floor, to: TOP })
  const lines = marks.map(
    (mark) =>
      html`<line
          class="grid"
          x1="${LEFT}"
          x2="${width - RIGHT}"
          y1="${y(mark)}"
          y2="${y(mark)}"
        /><text x="${LEFT - 8}" y="${y(mark) + 4}" text-anchor="end">${shortNumber(mark)}</text>`,
  )
  return { x, y, floor, lines }
}

const YEAR_MS = 365 * DAY_MS

/** The ends of a longer time need a year, and more room. */
const datesOf = ({ from, to }: Axis) =>
  to - from < YEAR_MS ? { write: shortDate, gap: 46 } : { write: longDate, gap: 76 }

const dateAt = (text: string, x: number, floor: number, anchor: string): Html =>
  html`<text x="${x}" y="${floor + 18}" text-anchor="${anchor}">${text}</text>`

const svg = (
  { width, height }: Pick<Frame, 'width' | 'height'>,
  shown: { id: string; title: string; text: string },
  content: Html | Html[],
): Html =>
  html`<svg
    class="${shown.id.split('-').at(-1) ?? ''}"
    role="img"
    aria-labelledby="${shown.id}-title ${shown.id}-text"
    viewBox="0 0 ${width} ${height}"
  >
    <title id="${shown.id}-title">${shown.title}</title>
    <desc id="${shown.id}-text">${shown.text}</desc>
    ${content}
  </svg>`

export interface CurveData {
  /** Of those who have moved until the end of each day. */
  readonly moved: readonly Point[]
  readonly foretold: readonly {
    readonly at: number
    readonly people: number
    readonly low: number
    readonly high: number
  }[]
  readonly cutOffs: readonly number[]
}

const describeCurve = ({ moved, foretold }: CurveData): string => {
  const [first, last, end] = [moved[0], moved.at(-1), foretold.at(-1)]
  if (!first || !last) return 'Nobody has moved yet.'
  const until = `From ${longDate(first[0])} to ${longDate(last[0])}, ${figure(last[1])} people have moved.`
  if (!end) return until
  return `${until} By ${longDate(end.at)}, ${figure(end.people)} are foretold, from ${figure(end.low)} to ${figure(end.high)}.`
}

const path = (points: readonly Point[], x: (ms: number) => number, y: (n: number) => number) =>
  points.map(([ms, people], at) => `${at === 0 ? 'M' : 'L'}${x(ms)} ${y(people)}`).join('')

const cutOffLine = (at: number, x: number, floor: number): Html =>
  html`<line class="cut-off" x1="${x}" x2="${x}" y1="${TOP}" y2="${floor}"
    ><title>cut-off on ${longDate(at)}</title></line
  >`

/** Cut-off days that would stand on the names of others, or on the last one, have a line alone. */
const labelled = (places: readonly number[], gap: number): readonly boolean[] => {
  const end = places.at(-1) ?? 0
  let last = -Infinity
  return places.map((place) => {
    const fits = place - last >= gap && (place === end || end - place >= gap)
    if (fits) last = place
    return fits
  })
}

export const drawCurve = (data: CurveData, [name, width]: (typeof CHART_WIDTHS)[number]): Html => {
  const { moved, foretold, cutOffs } = data
  const [start, today] = [moved[0]?.[0] ?? 0, moved.at(-1)?.[0] ?? 0]
  const end = Math.max(today, foretold.at(-1)?.at ?? 0, start + DAY_MS)
  const greatest = Math.max(
    ...moved.map(([, people]) => people),
    ...foretold.map(({ high }) => high),
    1,
  )
  const frame = {
    width,
    height: width > 400 ? 280 : 220,
    times: { from: start, to: end },
    greatest,
  }
  const { x, y, floor, lines } = frameOf(frame)
  const now = moved.at(-1) ?? [start, 0]
  const high = [now, ...foretold.map((point): Point => [point.at, point.high])]
  const low = [now, ...foretold.map((point): Point => [point.at, point.low])].toReversed()
  const middle = [now, ...foretold.map((point): Point => [point.at, point.people])]
  const shown = cutOffs.filter((at) => at > today && at <= end)
  const places = [x(start), ...shown.map(x), x(end)]
  const { write, gap } = datesOf(frame.times)
  const fits = labelled(places, gap)
  const dates = [start, ...shown, end].map((at, index) => {
    if (!fits[index]) return ''
    return dateAt(write(at), x(at), floor, at === start ? 'start' : at === end ? 'end' : 'middle')
  })
  return svg(
    frame,
    { id: `curve-${name}`, title: 'People who have moved', text: describeCurve(data) },
    html` ${lines} ${shown.map((at) => cutOffLine(at, x(at), floor))}
      ${foretold.length > 0 ? html`<path class="fan" d="${path(high, x, y)}${path(low, x, y).replace('M', 'L')}Z" /><path class="foretold" d="${path(middle, x, y)}" />` : ''}
      <path class="moved" d="${path(moved, x, y)}" />
      ${dates}`,
  )
}

export const drawDays = (
  days: readonly Point[],
  [name, width]: (typeof CHART_WIDTHS)[number],
): Html => {
  const [start, end] = [days[0]?.[0] ?? 0, (days.at(-1)?.[0] ?? 0) + DAY_MS]
  const greatest = Math.max(...days.map(([, people]) => people), 1)
  const frame = { width, height: 150, times: { from: start, to: end }, greatest }
  const { x, y, floor, lines } = frameOf(frame)
  const gap = days.length * 3 > width ? 0 : 1
  const bars = days.map(([ms, people]) => {
    const w = Math.max(0.5, x(ms + DAY_MS) - x(ms) - gap).toFixed(2)
    return html`<rect
      class="bar"
      x="${x(ms)}"
      y="${y(people)}"
      width="${w}"
      height="${(floor - y(people)).toFixed(2)}"
      ><title>${shortDate(ms)}: ${figure(people)}</title></rect
    >`
  })
  const { write } = datesOf(frame.times)
  const text = `At most ${figure(greatest)} on one day.`
  return svg(
    frame,
    { id: `days-${name}`, title: 'First sign-ins a day', text },
    html`${lines} ${bars} ${dateAt(write(start), x(start), floor, 'start')}
    ${dateAt(write(end - DAY_MS), x(end), floor, 'end')}`,
  )
}
