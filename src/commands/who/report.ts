/** What was found of one person, in words for support and as one object for programs. */
import type { GuessLimitOptions } from '../../hook/guess-limit.ts'
import { describeMoment } from '../../text/local-time.ts'
import { printable } from '../../text/printable.ts'
import type { Colourise } from '../terminal/colour.ts'
import { adviceFor, type Facts } from './advice.ts'
import { describeDecision, toDecisionObject } from './decision-words.ts'
import type { LedgerFacts } from './ledger.ts'
import type { OktaFacts } from './ask-okta.ts'
import type { Asked, LegacyFacts } from './sources.ts'

export interface PersonReport extends Facts {
  readonly login: string
  readonly options: GuessLimitOptions
  /** Milliseconds since 1970. */
  readonly now: number
}

const LABEL = 14

const line = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`

const describeAsked = <T>(
  source: Asked<T>,
  none: string,
  describe: (found: T) => readonly string[],
): readonly string[] => {
  if (source.state === 'found') return describe(source)
  if (source.state === 'none') return [none]
  if (source.state === 'not_asked')
    return [source.why ?? `not asked: set ${source.missing.join(' and ')}`]
  const { message, detail } = source.error
  return [`no answer: ${message}${detail === undefined ? '' : ` ${printable(detail)}`}`]
}

const ENABLED = { true: 'enabled', false: 'disabled', undefined: 'unclear whether enabled' }

const describeLegacy = (facts: LegacyFacts): readonly string[] => {
  const { isAmbiguous, enabled, hash, canBeChecked, remedy, key, loginOfId } = facts
  if (isAmbiguous) return ['two accounts have this login: nobody can sign in by it']
  const name = key === undefined ? '' : ` (${printable(key)})`
  const how = loginOfId === undefined ? '' : ', found by its id'
  const check = canBeChecked ? 'can be checked' : `cannot be checked. ${remedy ?? ''}`.trim()
  return [`one account${name}${how}, ${ENABLED[`${enabled}`]}`, `password: ${hash}, ${check}`]
}

const describePassword = ({ isPending, hasMoved, hookActive }: OktaFacts): string => {
  if (hasMoved) return 'moved: Okta has a password of its own'
  if (!isPending) return 'no password in Okta for certain'
  if (hookActive === false) return 'not moved, and Okta does not call the hook now'
  const until = hookActive === undefined ? 'until the cut-off, ' : ''
  return `not moved: ${until}the next sign-in asks the hook, unless a hash was imported`
}

const describeOkta = (facts: OktaFacts): readonly string[] => {
  const { login = '', status = 'no status', provider = 'unknown' } = facts
  const user = `${printable(login)}, ${printable(status)}, provider ${printable(provider)}`
  return [user, describePassword(facts)]
}

const describeLedger = ({ decisions }: LedgerFacts, now: number): readonly string[] => {
  const moments = decisions.map((row) => describeMoment(Date.parse(row.decidedAt), now))
  const width = Math.max(0, ...moments.map((moment) => moment.length))
  return decisions.map((row, i) => `${(moments[i] ?? '').padEnd(width)}  ${describeDecision(row)}`)
}

const describeGuesses = (
  { guesses: { left, lockedUntil }, isOtherLocked }: LedgerFacts,
  { now, options: { limit, windowMs } }: PersonReport,
): readonly string[] => {
  const rule = `${left} of ${limit} in ${windowMs / 60_000} minutes`
  const until = lockedUntil === undefined ? '' : `; the next ${describeMoment(lockedUntil, now)}`
  return [rule + until, ...(isOtherLocked ? ['another spelling of this login has none left'] : [])]
}

const block = (label: string, texts: readonly string[]): string[] =>
  texts.map((text, i) => line(i === 0 ? label : '', text))

/** Whether any source has the person. */
export const isFound = ({ legacy, okta, ledger }: Facts): boolean =>
  [legacy, okta, ledger].some(({ state }) => state === 'found')

export const describeReport = (report: PersonReport, paint: Colourise): string => {
  const { login, legacy, okta, ledger, now } = report
  const none = 'nobody by this name'
  return [
    paint('bold', printable(login)),
    ...block('Legacy store', describeAsked(legacy, none, describeLegacy)),
    ...block('Okta', describeAsked(okta, none, describeOkta)),
    ...block(
      'Decisions',
      describeAsked(ledger, 'none', (found) => describeLedger(found, now)),
    ),
    ...(ledger.state === 'found' ? block('Wrong left', describeGuesses(ledger, report)) : []),
    ...block('Advice', [paint('yellow', adviceFor(report).sentence)]),
    '',
  ].join('\n')
}

const toObject = <T>(source: Asked<T>, ofFound: (found: T) => object): object => {
  const { state } = source
  if (state === 'found') return { state, ...ofFound(source) }
  if (state === 'not_asked') return { state, missing: source.missing }
  return state === 'failed' ? { state, code: source.error.code } : { state }
}

const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

/** For programs: the fields that docs/EVENTS.md lists. */
export const toReportObject = (report: PersonReport): object => {
  const { login, legacy, okta, ledger, now, options } = report
  return {
    schema: 'okta-migrate/who@1',
    login,
    at: iso(now),
    found: isFound(report),
    legacy: toObject(legacy, (facts) => ({
      accounts: facts.isAmbiguous ? 2 : 1,
      key: facts.key,
      byId: facts.loginOfId !== undefined,
      enabled: facts.enabled,
      hash: facts.hash,
      canBeChecked: facts.canBeChecked,
    })),
    okta: toObject(okta, ({ id, login: name, status, provider, hasMoved, hookActive }) => ({
      ...{ id, login: name, status, provider, moved: hasMoved, hookActive },
    })),
    ledger: toObject(ledger, ({ decisions, guesses, isOtherLocked, person, accounts }) => ({
      person,
      logins: accounts,
      decisions: decisions.map(toDecisionObject),
      guesses: {
        left: guesses.left,
        limit: options.limit,
        windowMinutes: options.windowMs / 60_000,
        lockedUntil: iso(guesses.lockedUntil),
        otherLocked: isOtherLocked,
      },
    })),
    advice: adviceFor(report),
  }
}
