/** The result of an audit in words for people, and as one object for programs. */
import { LOOKUP_FLAWS } from '../../audit/lookups.ts'
import { BLOCKED_REASONS } from '../../audit/accounts/reasons.ts'
import type { FirstDay } from '../../audit/first-day.ts'
import { blockedCount, wrongCount, type AuditResult, type GateFailure } from '../../audit/result.ts'
import { describeSeconds } from '../../text/duration.ts'
import { printable } from '../../text/printable.ts'
import type { Colourise } from '../terminal/colour.ts'
import type { AuditOptions } from './options.ts'
import { figure } from '../../text/figure.ts'

const WAIT_MS = '3,000'

/** Milliseconds and rates: small ones with a digit more. */
const rough = (value: number): string => (value < 10 ? value.toFixed(1) : figure(value))

const [LABEL, COUNT] = [34, 9]

const line = (label: string, count: number, more = ''): string =>
  `${label.padEnd(LABEL)}${figure(count).padStart(COUNT)}${more && `   ${more}`}`

const accounts = (count: number, what = 'account'): string =>
  `${figure(count)} ${what}${count === 1 ? '' : 's'}`

/** Rows without an id are named by their number already. */
const nameKeys = (keys: readonly string[], count: number): string => {
  const rest = count - keys.length
  const ids = keys.map((key) => printable(key, 60)).join(', ')
  return `${ids.startsWith('row ') ? '' : 'id '}${ids}${rest > 0 ? ` and ${figure(rest)} more` : ''}`
}

const describeKinds = ({ rates }: AuditResult): string[] =>
  rates.map(({ what, count, msAlone, perCoreSecond }, i) => {
    const [ms, rate] = [`${rough(msAlone)} ms`, rough(perCoreSecond)]
    const more =
      i === 0 ? `${ms} a check on this machine, ${rate} a second and core` : `${ms}, ${rate}`
    return line(`  ${what}`, count, more)
  })

const describeBlocked = (result: AuditResult, paint: Colourise): string[] => {
  const all = blockedCount(result)
  const head = line('Enabled, but cannot sign in', all, all > 0 ? 'locked out on day one' : '')
  return [
    all > 0 ? paint('red', head) : head,
    ...result.blocked.map(({ reason, count, keys, note }) => {
      const why = [note, BLOCKED_REASONS[reason].why].filter(Boolean).join(', ')
      return line(`  ${reason}`, count, `${why} (${nameKeys(keys, count)})`)
    }),
  ]
}

/** Those who are not blocked by anything else. */
const describeVerifiable = (result: AuditResult): string[] => {
  const { rates, hasHashes, from, accounts: all, disabled } = result
  if (hasHashes) {
    const verifiable = rates.reduce((sum, { count }) => sum + count, 0)
    return [line('Can sign in through the hook', verifiable), ...describeKinds(result)]
  }
  const why = `${printable(from)} has no column password_hash: whether the hook can check them is not known`
  return [line('Not judged by their hash', all - disabled - blockedCount(result), why)]
}

const MAX_REASONS = 3

const describeProfile = ({ profile, refused }: AuditResult): string[] => {
  if (!profile) return []
  const shown = profile
    .slice(0, MAX_REASONS)
    .map(({ reason, count }) => `${reason} ${figure(count)}`)
  const rest = profile.length > MAX_REASONS ? ['…'] : []
  return [line('Okta would refuse to create', refused, [...shown, ...rest].join(', '))]
}

const describeLookup = ({ lookup, isFile }: AuditResult, paint: Colourise): string[] => {
  if (isFile) return ['Not tried: the lookup, since the accounts come from a file.']
  if (!lookup || lookup.tried === 0) return []
  const { tried, medianMs, slowestMs, wrong } = lookup
  const correct = tried - wrongCount(lookup)
  const times = `correct; median ${rough(medianMs)} ms, slowest ${rough(slowestMs)} ms`
  return [
    line(`Lookup tried with ${accounts(tried, 'login')}`, correct, times),
    ...wrong.map(({ flaw, count, keys }) =>
      paint('red', line('  wrong', count, `${LOOKUP_FLAWS[flaw]} (${nameKeys(keys, count)})`)),
    ),
  ]
}

const describeCanaries = ({ canaries }: AuditResult, paint: Colourise): string[] => {
  if (canaries.length === 0) return []
  const failed = canaries.filter(({ reason }) => reason !== 'match')
  return [
    line('Canaries', canaries.length - failed.length, `of ${canaries.length} VERIFIED`),
    ...failed.map(({ line: at, reason }) => paint('red', `  line ${at} of the file: ${reason}`)),
  ]
}

const describeDeadline = ({ deadline, rates }: AuditResult, paint: Colourise): string[] => {
  if (rates.length === 0) return []
  const { checkMs, lookupMs, limitMs, fits } = deadline
  const lookup = lookupMs > 0 ? ` + lookup ${rough(lookupMs)} ms` : ''
  const limit = `HOOK_DEADLINE_MS (${figure(limitMs)} ms); Okta waits ${WAIT_MS} ms.`
  const text = `Slowest check ${rough(checkMs)} ms${lookup}, ${fits ? 'within' : 'which is too slow for'} ${limit}`
  return [fits ? text : paint('red', text)]
}

const day = (ms: number): string => {
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(ms)
  return `${weekday}, ${new Date(ms).toISOString().slice(0, 10)}`
}

const describeNeed = ({ cores, replicas, burstPerSecond }: FirstDay, given: number): string[] => {
  const need = cores === 1 ? '1 core is enough' : `${cores} cores are needed`
  return [
    `  For bursts of 3 times the average (${rough(burstPerSecond)} a second) ${need}. Run ${replicas} replicas of ${accounts(given, 'core')}: one more than needed, so that a restart is no outage.`,
  ]
}

export type ReportOptions = Pick<
  AuditOptions,
  'allowBlocked' | 'blocked' | 'routes' | 'peakShare' | 'goLive' | 'lastLogin'
> & { readonly cores: number }

const describeFirstDay = (
  { firstDay, lastLogins, hasHashes }: AuditResult,
  { peakShare, goLive, cores, lastLogin }: ReportOptions,
): string[] => {
  if (!firstDay) {
    const isNamed = lastLogin !== undefined || lastLogins.given > 0
    const why = isNamed
      ? 'no account has a last login.'
      : '--last-login COLUMN says when people were last seen.'
    return [`Expected first day: not known; ${why}`]
  }
  const { people, attemptsWorstHour } = firstDay
  const { bad, firstBad = '' } = lastLogins
  const when = goLive === undefined ? '' : ` (${day(goLive)})`
  return [
    `Expected first day${when}: ${people === 1 ? '1 person' : `${figure(people)} people`}, the most whose last login was on one full day (UTC) of the seven before; ${accounts(attemptsWorstHour, 'attempt')} in the busiest hour (${peakShare} % of the day).`,
    '  The real number is higher: a later login has replaced the time of an earlier one.',
    ...(hasHashes
      ? describeNeed(firstDay, cores)
      : ['  How many cores that needs is not known: there was no hash to measure.']),
    ...(bad > 0
      ? [
          `  ${bad === 1 ? '1 last login is no date, and counts' : `${figure(bad)} last logins are no dates, and count`} as unknown (the first: ${nameKeys([firstBad], 1)}).`,
        ]
      : []),
  ]
}

const describeRoutes = ({ routes: { hash, hook, reset, skip } }: AuditResult): string =>
  `Routes: hash ${figure(hash)} (import --mode hash, without the hook); hook ${figure(hook)} (only the hook can check them); ` +
  `reset ${figure(reset)}; skip ${figure(skip)} (disabled, or Okta would refuse them).`

const SENTENCES: Readonly<
  Record<GateFailure, (result: AuditResult, options: ReportOptions) => string>
> = {
  blocked: (result, { allowBlocked }) =>
    `${accounts(blockedCount(result), 'enabled account')} cannot sign in (--allow-blocked ${allowBlocked})`,
  lookup: ({ lookup }) =>
    `the lookup is wrong for ${accounts(lookup ? wrongCount(lookup) : 0, 'login')}`,
  canary: ({ canaries }) =>
    `${canaries.filter(({ reason }) => reason !== 'match').length} of ${canaries.length} canaries were not VERIFIED`,
}

export const describeAudit = (
  result: AuditResult,
  failures: readonly GateFailure[],
  options: ReportOptions,
  paint: Colourise,
): string => {
  const { seconds, from, disabled } = result
  const why = failures.map((failure) => SENTENCES[failure](result, options)).join('; ')
  const gate = why === '' ? paint('green', 'Passed.') : paint('red', `FAILED: ${why}.`)
  return [
    `Read ${accounts(result.accounts)} from ${printable(from)} in ${describeSeconds(seconds)} (read-only).`,
    '',
    ...describeVerifiable(result),
    ...describeBlocked(result, paint),
    line('Disabled', disabled),
    ...describeProfile(result),
    ...describeLookup(result, paint),
    ...describeCanaries(result, paint),
    '',
    ...describeDeadline(result, paint),
    ...describeFirstDay(result, options),
    describeRoutes(result),
    '',
    `${gate} Written: ${options.blocked}, ${options.routes}`,
    '',
  ].join('\n')
}

const toFirstDay = (
  { cores, replicas, burstPerSecond, ...rest }: FirstDay,
  hasHashes: boolean,
): object => ({
  ...{ ...rest, burstPerSecond: tenths(burstPerSecond) },
  ...(hasHashes && { cores, replicas }),
})

const tenths = (value: number): number => Math.round(value * 10) / 10

/** For programs: the fields that docs/EVENTS.md lists. */
export const toAuditObject = (
  result: AuditResult,
  failures: readonly GateFailure[],
  { blocked, routes }: Pick<AuditOptions, 'blocked' | 'routes'>,
): object => {
  const { rates, lookup, canaries, deadline, firstDay, lastLogins } = result
  const counts = <T extends { readonly count: number }>(
    all: readonly T[],
    nameOf: (each: T) => string,
  ) => Object.fromEntries(all.map((each) => [nameOf(each), each.count]))
  return {
    schema: 'okta-migrate/audit@1',
    accounts: result.accounts,
    hashes: result.hasHashes ? 'judged' : 'absent',
    enabled: result.accounts - result.disabled,
    verifiable: rates.map(({ family, cost, count, msAlone, perCoreSecond }) => ({
      ...{ family, cost, count, msAlone: tenths(msAlone), perCoreSecond: tenths(perCoreSecond) },
    })),
    blocked: counts(result.blocked, ({ reason }) => reason),
    disabled: result.disabled,
    profile: result.profile && {
      refused: result.refused,
      reasons: counts(result.profile, ({ reason }) => reason),
    },
    duplicates: { logins: result.repeatedLogins, accounts: result.repeatedAccounts },
    lookup: lookup && {
      tried: lookup.tried,
      wrong: wrongCount(lookup),
      ...{ p50Ms: tenths(lookup.medianMs), maxMs: tenths(lookup.slowestMs) },
      reasons: counts(lookup.wrong, ({ flaw }) => flaw),
    },
    canary: canaries[0] && {
      tried: canaries.length,
      verified: canaries.filter(({ reason }) => reason === 'match').length,
    },
    deadline: result.hasHashes
      ? { worstMs: tenths(deadline.checkMs + deadline.lookupMs), fits: deadline.fits }
      : undefined,
    lastLogin: { given: lastLogins.given, bad: lastLogins.bad },
    firstDay: firstDay && toFirstDay(firstDay, result.hasHashes),
    routes: result.routes,
    gate: { passed: failures.length === 0, failures },
    files: { blocked, routes },
  }
}
