/** The gate of a status: whether more people would come too late than may, or nobody can know. */
import type { AccountsLoaded } from '../../campaign/loading/accounts.ts'
import type { Foretold } from '../../campaign/foretell.ts'
import type { CutOffForecast } from '../../campaign/forecast/forecast.ts'
import { dateOf, LEAST_LATE } from '../../campaign/forecast/refusals.ts'
import { numberOf } from '../../text/figure.ts'
import { unreadableCount } from '../campaign/unreadable-rows.ts'

export interface GateReport {
  readonly accounts?: AccountsLoaded | undefined
  readonly foretold: Foretold | undefined
  readonly goLive: number | undefined
  readonly options: { readonly failIfLate?: number }
}

export interface Gate {
  readonly passed: boolean
  readonly failIfLate: number
  /** In sentences. */
  readonly failures: readonly string[]
}

const unknown = (why: string): string => `how many come too late cannot be known. ${why}`

const failureOf = (
  { day, late }: CutOffForecast,
  goLive: number,
  limit: number,
  unreadable: number,
): string | undefined => {
  const date = dateOf(day, goLive)
  if ('refused' in late) {
    const { reason, sentence } = late.refused
    // So few that there is no range: that much is known.
    if (reason === 'few_late_comers' && limit >= LEAST_LATE + unreadable) return undefined
    return `${date}: ${unknown(sentence)}`
  }
  const people = Math.round(late.people)
  if (people + unreadable <= limit) return undefined
  const more = unreadable > 0 ? `, and ${numberOf(unreadable, 'row')} cannot be read` : ''
  return `${date}: ${numberOf(people, 'person comes', 'people come')} too late${more}.`
}

/** @returns undefined where none was asked for */
export const gateOf = ({ foretold, goLive, accounts, options }: GateReport): Gate | undefined => {
  const { failIfLate } = options
  if (failIfLate === undefined) return undefined
  const failed = (failures: readonly string[]): Gate => ({
    ...{ passed: failures.length === 0, failIfLate, failures },
  })
  if (!foretold || goLive === undefined) {
    return failed([unknown('The day of go-live is not known (--go-live DATE).')])
  }
  if ('refused' in foretold) return failed([unknown(foretold.refused.sentence)])
  const failures = foretold.cutOffs.map((cutOff) =>
    failureOf(cutOff, goLive, failIfLate, unreadableCount(accounts)),
  )
  return failed(failures.filter((failure) => failure !== undefined))
}

export const describeGate = (report: GateReport): string[] => {
  const gate = gateOf(report)
  if (!gate) return []
  const option = `--fail-if-late ${gate.failIfLate}`
  return gate.passed
    ? ['', `Passed: no cut-off has more late comers (${option}).`]
    : ['', ...gate.failures.map((failure) => `FAILED (${option}): ${failure}`)]
}
