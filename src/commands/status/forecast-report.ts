/** The forecast of a status in words for people, and as part of the object for programs. */
import type { Foretold } from '../../campaign/foretell.ts'
import type { CutOffForecast, PastForecast } from '../../campaign/forecast/forecast.ts'
import { dateOf } from '../../campaign/forecast/refusals.ts'

const number = (value: number): string => Math.round(value).toLocaleString('en-US')

const HEAD =
  'If the hook ends on       not moved   come within 90 days after, and must reset (range)'

const lineOf = ({ day, notMoved, late }: CutOffForecast, goLive: number): string => {
  const left = (notMoved === undefined ? '-' : number(notMoved)).padStart(13)
  const coming =
    'refused' in late
      ? late.refused.sentence
      : `${number(late.people).padStart(9)}   ${number(late.low)} to ${number(late.high)}`
  return `  ${dateOf(day, goLive).padEnd(20)}${left}   ${coming}`
}

const describePast = (past: readonly PastForecast[]): string[] => {
  if (past.length === 0) return []
  const errors = past.map(({ day, errorPercent, held }) => {
    const sign = errorPercent > 0 ? '+' : ''
    return `day ${day} ${sign}${errorPercent.toFixed(0)} %${held ? '' : ' (outside its range)'}`
  })
  return [`Forecasts of today that were made on: ${errors.join(', ')}.`]
}

export const describeForecast = (told: Foretold, goLive: number): string[] =>
  'refused' in told
    ? ['', `No forecast: ${told.refused.sentence}`]
    : [
        '',
        HEAD,
        ...told.cutOffs.map((cutOff) => lineOf(cutOff, goLive)),
        ...describePast(told.backtest),
        ...told.changes,
      ]

/** For programs: the fields that docs/EVENTS.md lists. */
export const toForecastObject = (told: Foretold, goLive: number): object =>
  'refused' in told
    ? { forecast: { refused: told.refused } }
    : {
        forecast: told.cutOffs.map(({ day, notMoved, late }) => ({
          date: dateOf(day, goLive),
          notMoved: notMoved === undefined ? undefined : Math.round(notMoved),
          ...('refused' in late
            ? { refused: late.refused }
            : {
                late: Math.round(late.people),
                low: Math.round(late.low),
                high: Math.round(late.high),
              }),
        })),
        changes: told.changes,
        backtest: told.backtest.map(({ day, errorPercent, held }) => ({
          day,
          errorPercent: Math.round(errorPercent),
          held,
        })),
      }
