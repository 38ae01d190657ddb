/** The status of a campaign in words for people, and as one object for programs. */
import { DAY_MS } from '../../audit/last-logins.ts'
import type { Foretold } from '../../campaign/foretell.ts'
import { STATES, statesIn, type PersonState } from '../../campaign/state/states.ts'
import type { CampaignSummary, SilenceRow } from '../../campaign/summary.ts'
import { describeSeconds } from '../../text/duration.ts'
import { printable } from '../../text/printable.ts'
import type { LoadedCampaign } from '../campaign/load-campaign.ts'
import type { StatusOptions } from './options.ts'
import { describeForecast, toForecastObject } from './forecast-report.ts'
import { describeDays } from './sparkline.ts'

export interface StatusReport extends LoadedCampaign {
  /** Now, in milliseconds since 1970. */
  readonly at: number
  /** Undefined where it is not known. */
  readonly goLive: number | undefined
  readonly summary: CampaignSummary
  /** Undefined where it was not asked for, or the day of go-live is not known. */
  readonly foretold: Foretold | undefined
  readonly options: Pick<StatusOptions, 'left' | 'state' | 'cutOff' | 'late'>
}

const number = (value: number): string => value.toLocaleString('en-US')

const [LABEL, COUNT] = [26, 10]

const line = (label: string, count: number, more = ''): string =>
  `${label.padEnd(LABEL)}${number(count).padStart(COUNT)}${more && `   ${more}`}`

const percent = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

const movedSince = ({ perDay }: CampaignSummary, day: number): number =>
  perDay.reduce((all, [on, people]) => (on >= day ? all + people : all), 0)

const stateLines = (states: CampaignSummary['states'], names: readonly PersonState[]): string[] =>
  names
    .filter((name) => states[name] > 0)
    .map((name) => line(`  ${name}`, states[name], STATES[name].words))

const WEEK = 7

const describeMoved = ({ summary, at }: StatusReport): string[] => {
  const { moved, notMoved, movedAtUnknown, perDay } = summary
  const recent = `${number(movedSince(summary, dayOf(at) - WEEK + 1))} in the last 7 days`
  return [
    line('Moved', moved, `${percent(moved, moved + notMoved).padStart(6)}   ${recent}`),
    ...(perDay.length > 0 ? describeDays(perDay, dayOf(at)) : []),
    ...(movedAtUnknown > 0
      ? [`  ${number(movedAtUnknown)} of them at a time that neither the ledger nor Okta knows`]
      : []),
  ]
}

const describeNative = ({ native: { people, signedIn } }: CampaignSummary): string[] =>
  people === 0
    ? []
    : [line('Imported with their hash', people, `${number(signedIn)} of them have signed in`)]

const describeNotCounted = ({ states, strangers }: CampaignSummary): string[] => {
  const names = statesIn('not counted')
  const all = names.reduce((sum, name) => sum + states[name], 0)
  return [
    line('Not counted', all),
    ...stateLines(states, names),
    ...(strangers > 0 ? [`  ${number(strangers)} of those only in Okta would need the hook`] : []),
  ]
}

const SILENCE_WORDS: readonly (readonly [days: number | undefined, words: string])[] = [
  [30, '30 days or less'],
  [90, '31 to 90 days'],
  [365, '91 days to a year'],
  [undefined, 'longer, or never'],
]

const wordsOf = ({ days }: SilenceRow): string =>
  SILENCE_WORDS.find(([known]) => known === days)?.[1] ?? ''

const silenceLine = (label: string, cells: readonly string[]): string =>
  `${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(COUNT + 2)).join('')}`

const describeSilence = ({ bySilence }: CampaignSummary): string[] => {
  if (!bySilence) return []
  return [
    '',
    silenceLine('Last seen before go-live', ['people', 'moved', 'not moved']),
    ...bySilence.map((row) =>
      silenceLine(`  ${wordsOf(row)}`, [row.people, row.moved, row.people - row.moved].map(number)),
    ),
  ]
}

const ageOf = (ms: number, at: number): string => {
  const days = Math.floor((at - ms) / DAY_MS)
  if (days > 1) return `${number(days)} days old`
  return `${describeSeconds(Math.max(1, Math.round((at - ms) / 1000)))} old`
}

const describeSources = ({ accounts, decisions, users, sources, at, natives }: StatusReport) => {
  const { store, ledger, noLedger } = sources
  const newest = decisions?.newestAt
  return [
    '',
    'Read just now:',
    `  Okta          ${number(users.count)} users`,
    accounts
      ? `  legacy store  ${number(accounts.count)} accounts of ${printable(store ?? '')}`
      : '  legacy store  not read (set LEGACY_DB_URL, or say --legacy FILE): all users of the org are counted, and nobody is blocked or disabled',
    decisions
      ? `  ledger        ${number(decisions.count)} decisions of ${printable(ledger ?? '')}${newest === undefined ? '' : `, the newest ${ageOf(newest, at)}`}`
      : `  ledger        not read (${noLedger}): nobody is known to have tried, and a move has the time of Okta's last change of the password`,
    ...(natives > 0 ? [`  journals      ${number(natives)} users imported with their hash`] : []),
  ]
}

const describeGaps = ({ accounts, users, goLive, summary }: StatusReport): string[] => [
  ...(accounts && accounts.withoutLogin > 0
    ? [
        `${number(accounts.withoutLogin)} accounts have no login that can be read, and belong to nobody.`,
      ]
    : []),
  ...(users.sameLogin > 0
    ? [
        `${number(users.sameLogin)} users have the login of another one, but for case and accents, and are left out.`,
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

const headOf = ({ sources: { org }, goLive, at, users, oktaSeconds }: StatusReport): string => {
  const day = goLive === undefined ? '' : `, day ${dayOf(at) - dayOf(goLive)}`
  return `${new URL(org).host}${day}. Read ${number(users.count)} users from Okta in ${describeSeconds(oktaSeconds)}.`
}

export const describeStatus = (report: StatusReport): string => {
  const { summary, options } = report
  const { states, notMoved } = summary
  const written = options.left === undefined ? '' : `${options.left} (who has not moved), `
  return [
    headOf(report),
    '',
    ...describeMoved(report),
    line('Not moved', notMoved),
    ...stateLines(states, statesIn('not moved')),
    ...describeNative(summary),
    ...describeNotCounted(summary),
    ...describeSilence(summary),
    ...describeForecast(report),
    ...describeSources(report),
    ...describeGaps(report),
    '',
    `Written: ${written}${options.state} (one row for each person; can be deleted)`,
    '',
  ].join('\n')
}

const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

const isoTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

/** For programs: the fields that docs/EVENTS.md lists. */
export const toStatusObject = (report: StatusReport): object => {
  const { summary, sources, at, goLive, options, accounts, decisions, users } = report
  const { states, moved, native, perDay, bySilence, strangers, movedAtUnknown } = summary
  const pick = (names: readonly PersonState[]) =>
    Object.fromEntries(names.map((name) => [name, states[name]]))
  return {
    schema: 'okta-migrate/status@1',
    org: sources.org,
    at: new Date(at).toISOString(),
    goLive: goLive === undefined ? undefined : isoDay(dayOf(goLive)),
    day: goLive === undefined ? undefined : dayOf(at) - dayOf(goLive),
    moved,
    notMoved: { people: summary.notMoved, ...pick(statesIn('not moved')) },
    native,
    notCounted: { ...pick(statesIn('not counted')), strangers },
    perDay: perDay.map(([day, people]) => [isoDay(day), people]),
    movedAtUnknown,
    bySilence,
    ...toForecastObject(report),
    sources: {
      users: { read: users.count, sameLogin: users.sameLogin },
      legacy: accounts && { read: accounts.count, withoutLogin: accounts.withoutLogin },
      ledger: decisions
        ? { read: decisions.count, newestAt: isoTime(decisions.newestAt) }
        : { missing: sources.noLedger },
    },
    files: { left: options.left, state: options.state },
  }
}
