/** Says in words what a status was counted from, and how old it is. */
import { DAY_MS } from '../../clock.ts'
import { describeBytes } from '../../text/bytes.ts'
import { describeSeconds } from '../../text/duration.ts'
import { printable } from '../../text/printable.ts'
import type { LoadedCampaign } from '../campaign/load-campaign.ts'
import { numberOf } from '../../text/figure.ts'
import { dayOf, isoDay } from './figures.ts'

interface SourcesReport extends LoadedCampaign {
  /** Now, in milliseconds since 1970. */
  readonly at: number
}

const ageOf = (ms: number, at: number): string => {
  const days = Math.floor((at - ms) / DAY_MS)
  if (days > 1) return numberOf(days, 'day')
  return describeSeconds(Math.max(1, Math.round((at - ms) / 1000)))
}

const oktaSource = ({ users, quick, readAt, at }: SourcesReport): string => {
  const known = numberOf(users.count, 'user')
  if (!quick) return known
  const { events, users: again } = quick
  return `${known}, as they were ${ageOf(readAt, at)} ago; changed since by ${numberOf(events, 'event')}, and ${numberOf(again, 'user')} read again`
}

const legacySource = ({ accounts, sources, quick, readAt, at }: SourcesReport): string => {
  if (!accounts) {
    return 'not read (set LEGACY_DB_URL, or say --legacy FILE): all users of the org are counted, and nobody is blocked or disabled'
  }
  const hashes = accounts.hasHashes ? '' : ', without hashes: nobody is blocked by theirs'
  const known = `${numberOf(accounts.count, 'account')} of ${printable(sources.store ?? '')}${hashes}`
  return quick ? `${known}, as they were ${ageOf(readAt, at)} ago` : known
}

const ledgerSource = ({ decisions, sources, at }: SourcesReport): string => {
  const { ledger, ledgerSize, noLedger } = sources
  if (!decisions) {
    return `not read (${noLedger}): nobody is known to have tried, and a move has the time of Okta's last change of the password`
  }
  const { count, oldestAt, newestAt } = decisions
  return [
    `${numberOf(count, 'decision')} of ${printable(ledger ?? '')}`,
    ...(oldestAt === undefined ? [] : [`from ${isoDay(dayOf(oldestAt))} on`]),
    ...(newestAt === undefined ? [] : [`the newest ${ageOf(newestAt, at)} old`]),
    ...(ledgerSize ? [describeBytes(ledgerSize.bytes)] : []),
  ].join(', ')
}

export const describeSources = (report: SourcesReport): string[] => {
  const { quick, natives, notQuick } = report
  return [
    '',
    quick ? 'Read:' : 'Read just now:',
    `  Okta          ${oktaSource(report)}`,
    `  legacy store  ${legacySource(report)}`,
    `  ledger        ${ledgerSource(report)}`,
    ...(natives > 0
      ? [`  journals      ${numberOf(natives, 'user')} imported with their hash`]
      : []),
    ...(notQuick === undefined
      ? []
      : [`Everything was read in place of the changes (--quick), because ${printable(notQuick)}.`]),
  ]
}

/** What this run has read of Okta. */
export const describeRead = ({ users, quick, oktaSeconds }: LoadedCampaign): string => {
  const read = quick
    ? `${numberOf(quick.events, 'event')} and ${numberOf(quick.users, 'user')}`
    : numberOf(users.count, 'user')
  return `Read ${read} from Okta in ${describeSeconds(oktaSeconds)}.`
}
