/** The forecast of a status in words for people, and as part of the object for programs. */
import type { Foretold } from '../../campaign/foretell.ts'
import type { CutOffForecast, PastForecast } from '../../campaign/forecast/forecast.ts'
import { dateOf } from '../../campaign/forecast/refusals.ts'
import { figure } from '../../text/figure.ts'

const headFor = (lateDays: number): string =>
  `If the hook ends on       not moved   come within ${lateDays} days after, and must reset (range)`

/** The part of a report that is about the forecast. */
export interface ForecastReport {
  readonly foretold: Foretold | undefined
  readonly goLive: number | undefined
  readonly options: {
    readonly cutOff: readonly number[]
    readonly mail: readonly number[]
    readonly late: number
  }
}

/** Undefined unless it was asked for: the list of those who have not moved has a forecast, too. */
const askedIn = ({ foretold, options }: ForecastReport): Foretold | undefined =>
  options.cutOff.length > 0 ? foretold : undefined

const lineOf = ({ day, notMoved, late }: CutOffForecast, goLive: number): string => {
  const left = (notMoved === undefined ? '-' : figure(notMoved)).padStart(13)
  const coming =
    'refused' in late
      ? late.refused.sentence
      : `${figure(late.people).padStart(9)}   ${figure(late.low)} to ${figure(late.high)}`
  return `  ${dateOf(day, goLive).padEnd(20)}${left}   ${coming}`
}

const describePast = (past: readonly PastForecast[]): string[] => {
  if (past.length === 0) return []
  const errors = past.map(({ day, errorPercent, held }) => {
    const sign = errorPercent > 0 ? '+' : ''
    // Never "-0".
    return `day ${day} ${sign}${Math.round(errorPercent) || 0} %${held ? '' : ' (outside its range)'}`
  })
  return [`Forecasts of today that were made on: ${errors.join(', ')}.`]
}

/** In sentences; those of a forecast that was asked for. */
export const describeChanges = (
  foretold: ForecastReport['foretold'],
  { cutOff }: Pick<ForecastReport['options'], 'cutOff'>,
): readonly string[] =>
  foretold && 'changes' in foretold && cutOff.length > 0 ? foretold.changes : []

export const describeForecast = (report: ForecastReport): string[] => {
  const { goLive = 0, options } = report
  const told = askedIn(report)
  if (!told) return []
  if ('refused' in told) return ['', `No forecast: ${told.refused.sentence}`]
  return [
    '',
    headFor(options.late),
    ...told.cutOffs.map((cutOff) => lineOf(cutOff, goLive)),
    ...describePast(told.backtest),
    ...told.changes,
  ]
}

/** For programs: the fields that docs/EVENTS.md lists. */
export const toForecastObject = (report: ForecastReport): object => {
  const { goLive = 0, options } = report
  const told = askedIn(report)
  if (!told) return {}
  return 'refused' in told
    ? { forecast: { refused: told.refused } }
    : {
        lateDays: options.late,
        mails: options.mail.map((ms) => new Date(ms).toISOString().slice(0, 10)),
        course: told
          .course()
          .map(({ day, coming: { people, low, high } }) => [
            dateOf(Math.floor(day), goLive),
            ...[people, low, high].map(Math.round),
          ]),
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
}
