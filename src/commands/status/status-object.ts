/** The status of a campaign as one object for programs. */
import type { AccountsLoaded } from '../../campaign/loading/accounts.ts'
import { statesIn, type PersonState } from '../../campaign/state/states.ts'
import { dayOf, isoDay } from './figures.ts'
import { toForecastObject } from './forecast-report.ts'
import { gateOf } from './gate.ts'
import type { StatusReport } from './report.ts'
import { toWavesObject } from './waves-report.ts'

/** Without a legacy store everybody counts, also who chose a password ten years ago. */
const DAYS_KEPT = 1_000

const daysOf = (perDay: StatusReport['summary']['perDay']): object => ({
  perDay: perDay.slice(-DAYS_KEPT).map(([day, people]) => [isoDay(day), people]),
  movedEarlier: perDay.slice(0, -DAYS_KEPT).reduce((all, [, people]) => all + people, 0),
})

const isoTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

const toLegacy = (accounts: AccountsLoaded, readAt: string | undefined): object => ({
  ...{ read: accounts.count, withoutLogin: accounts.withoutLogin },
  ...{ unreadable: accounts.unreadable.count, hasHashes: accounts.hasHashes, readAt },
})

/** For programs: the fields that docs/EVENTS.md lists. */
export const toStatusObject = (report: StatusReport): object => {
  const { summary, sources, at, goLive, options, accounts, decisions, users } = report
  const { quick, notQuick } = report
  const readAt = isoTime(report.readAt)
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
    ...daysOf(perDay),
    movedAtUnknown,
    bySilence,
    importedLater: summary.importedLater,
    newer: options.passwordChanged === undefined ? undefined : summary.newer,
    ...toWavesObject(report),
    ...toForecastObject(report),
    gate: gateOf(report),
    sources: {
      users: { read: users.count, sameLogin: users.sameLogin, readAt, quick, notQuick },
      legacy: accounts && toLegacy(accounts, readAt),
      ledger: decisions
        ? {
            read: decisions.count,
            oldestAt: isoTime(decisions.oldestAt),
            newestAt: isoTime(decisions.newestAt),
            bytes: sources.ledgerSize?.bytes,
          }
        : { missing: sources.noLedger },
    },
    files: { left: options.left, state: options.state },
  }
}
