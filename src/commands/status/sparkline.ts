/** Draws how many people moved on each of the last days as one line of bars. */
import { figure } from '../../text/figure.ts'

const BARS = '▁▂▃▄▅▆▇█'

const DAYS = 28

const bar = (value: number, most: number): string =>
  value === 0 ? '·' : (BARS[Math.ceil((value / most) * BARS.length) - 1] ?? '')

/** @param today in days since 1970, as are the days */
export const describeDays = (
  perDay: readonly (readonly [day: number, people: number])[],
  today: number,
): string[] => {
  const known = new Map(perDay)
  const days = Array.from({ length: DAYS }, (_, i) => known.get(today - DAYS + 1 + i) ?? 0)
  const most = Math.max(...days)
  const count = figure(most)
  return [
    most === 0
      ? `  nobody in the last ${DAYS} days`
      : `  ${days.map((value) => bar(value, most)).join('')}   the last ${DAYS} days, at most ${count} a day (UTC)`,
  ]
}
