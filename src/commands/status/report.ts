/** The status of a campaign in words for people. */
import type { Foretold } from '../../campaign/foretell.ts'
import { STATES, statesIn, type PersonState } from '../../campaign/state/states.ts'
import { movedSince, type CampaignSummary } from '../../campaign/summary.ts'
import type { Waves } from '../../campaign/waves.ts'
import type { LoadedCampaign } from '../campaign/load-campaign.ts'
import { describeUnreadable } from '../campaign/unreadable-rows.ts'
import type { StatusOptions } from './options.ts'
import { cellsLine, dayOf, figureLine, percentOf } from './figures.ts'
import { figure, numberOf } from '../../text/figure.ts'
import { silenceWords } from '../../text/silence.ts'
import { describeForecast } from './forecast-report.ts'
import { describeGate } from './gate.ts'
import { describeRead, describeSources } from './sources-report.ts'
import { describeDays } from './sparkline.ts'
import { describeWaves } from './waves-report.ts'

export interface StatusReport extends LoadedCampaign {
  /** Now, in milliseconds since 1970. */
  readonly at: number
  /** Undefined where it is not known. */
  readonly goLive: number | undefined
  readonly summary: CampaignSummary
  /** Undefined where it was not asked for, or the day of go-live is not known. */
  readonly foretold: Foretold | undefined
  /** Undefined where they were not asked for. */
  readonly waves: Waves | undefined
  readonly options: Pick<
    StatusOptions,
    'mail' | 'left' | 'state' | 'cutOff' | 'late' | 'failIfLate' | 'wave' | 'passwordChanged'
  >
}

const stateLines = (states: CampaignSummary['states'], names: readonly PersonState[]): string[] =>
  names
    .filter((name) => states[name] > 0)
    .map((name) => figureLine(`  ${name}`, states[name], STATES[name].words))

const WEEK = 7

export const movedInWeek = ({ summary, at }: Pick<StatusReport, 'summary' | 'at'>): number =>
  movedSince(summary, dayOf(at) - WEEK + 1)

const describeMoved = (report: StatusReport): string[] => {
  const { summary, at } = report
  const { moved, notMoved, movedAtUnknown, perDay } = summary
  const recent = `${figure(movedInWeek(report))} in the last 7 days`
  return [
    figureLine('Moved', moved, `${percentOf(moved, moved + notMoved).padStart(6)}   ${recent}`),
    ...(perDay.length > 0 ? describeDays(perDay, dayOf(at)) : []),
    ...(movedAtUnknown > 0
      ? [`  ${figure(movedAtUnknown)} of them at a time that neither the ledger nor Okta knows`]
      : []),
  ]
}

const describeNative = ({ native: { people, signedIn } }: CampaignSummary): string[] =>
  people === 0
    ? []
    : [figureLine('Imported with their hash', people, `${figure(signedIn)} of them have signed in`)]

const describeNotCounted = ({ states, strangers }: CampaignSummary): string[] => {
  const names = statesIn('not counted')
  const all = names.reduce((sum, name) => sum + states[name], 0)
  return [
    figureLine('Not counted', all),
    ...stateLines(states, names),
    ...(strangers > 0 ? [`  ${figure(strangers)} of those only in Okta would need the hook`] : []),
  ]
}

const describeSilence = ({ bySilence, importedLater }: CampaignSummary): string[] => {
  if (!bySilence) return []
  const start = importedLater === 0 ? 'go-live' : 'import'
  return [
    '',
    cellsLine(`Last seen before ${start}`, ['people', 'moved', 'not moved']),
    ...bySilence.map((row) =>
      cellsLine(
        `  ${silenceWords(row.days)}`,
        [row.people, row.moved, row.people - row.moved].map(figure),
      ),
    ),
  ]
}

const describeGaps = ({ accounts, users, goLive, summary }: StatusReport): string[] => [
  ...(accounts && accounts.unreadable.count > 0
    ? [
        `${describeUnreadable(accounts)}: the people they are about count as unknown, or are missing here. Correct them; okta-migrate audit lists all.`,
      ]
    : []),
  ...(accounts && accounts.withoutLogin > accounts.unreadable.count
    ? [
        `${numberOf(accounts.withoutLogin - accounts.unreadable.count, 'account has', 'accounts have')} no login: nobody's.`,
      ]
    : []),
  ...(users.sameLogin > 0
    ? [
        `${numberOf(users.sameLogin, 'user has', 'users have')} the login of another one, but for case and accents: left out.`,
      ]
    : []),
  ...(goLive === undefined
    ? [
        'The day of go-live is not known (--go-live DATE): there are no groups by silence, and no forecast.',
      ]
    : summary.bySilence
      ? []
      : ['No last login is known (--last-login COLUMN): people are not grouped by silence.']),
]

const headOf = (report: StatusReport): string => {
  const { sources, goLive, at } = report
  const day = goLive === undefined ? '' : `, day ${dayOf(at) - dayOf(goLive)}`
  return `${new URL(sources.org).host}${day}. ${describeRead(report)}`
}

const describeNewer = ({ summary: { newer }, options: { passwordChanged } }: StatusReport) =>
  newer === 0
    ? []
    : [
        `Changed their legacy password after they moved: ${numberOf(newer, 'person', 'people')}. Okta has the password before (okta-migrate reconcile --password-changed ${passwordChanged} lists them).`,
      ]

export const describeStatus = (report: StatusReport): string => {
  const { summary, options } = report
  const { states, notMoved } = summary
  const written = options.left === undefined ? '' : `${options.left} (who has not moved), `
  return [
    headOf(report),
    '',
    ...describeMoved(report),
    figureLine('Not moved', notMoved),
    ...stateLines(states, statesIn('not moved')),
    ...describeNative(summary),
    ...describeNotCounted(summary),
    ...describeSilence(summary),
    ...describeWaves(report),
    ...describeForecast(report),
    ...describeSources(report),
    ...describeGaps(report),
    ...describeNewer(report),
    ...describeGate(report),
    '',
    `Written: ${written}${options.state} (one row for each person; can be deleted)`,
    '',
  ].join('\n')
}
