/** Performs `who`: asks what is configured, prints what was found, and unlocks if that is wanted. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { openHistory } from '../../ledger/database/history.ts'
import { openLedgerUpkeep } from '../../ledger/database/upkeep.ts'
import { isOneLogin } from '../../login.ts'
import { jsonLine } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import type { CommonOptions } from '../common-options.ts'
import { isOktaGiven } from '../okta-settings.ts'
import { withLedger } from '../open-ledger.ts'
import { createColourise } from '../terminal/colour.ts'
import { askForAccount, openAskOkta, type OktaFacts } from './ask-okta.ts'
import { describeErasure, eraseFromLedger, type Erasure } from './erase.ts'
import { readLedger, type Known, type LedgerFacts } from './ledger.ts'
import { describeReport, isFound, toReportObject, type PersonReport } from './report.ts'
import { whoSettings, type WhoSettings } from './settings.ts'
import { asked, askLegacy, type Asked, type LegacyFacts } from './sources.ts'
import {
  checkUnlock,
  confirmUnlock,
  performUnlock,
  type Actor,
  type UnlockOptions,
} from './unlock.ts'

export interface WhoOptions extends CommonOptions, UnlockOptions {}

/** What tests replace. */
export interface WhoWorld {
  readonly clock: Clock
  readonly actor: () => Actor
}

const NOT_ASKED = { state: 'not_asked', missing: ['OKTA_ORG_URL', 'OKTA_API_TOKEN'] } as const

const NO_ACCOUNTS =
  'a legacy login (LEGACY_LOGIN_URL), which judges passwords and shows no accounts'

const fetchLegacy = async (
  name: string,
  okta: Asked<OktaFacts>,
  { legacy, isLegacyLogin }: WhoSettings,
  clock: Clock,
): Promise<Asked<LegacyFacts>> => {
  if (isLegacyLogin) return { state: 'not_asked', missing: [], why: NO_ACCOUNTS }
  if (!('url' in legacy)) return { state: 'not_asked', missing: legacy }
  const login = okta.state === 'found' ? okta.login : undefined
  return asked(() => askLegacy(name, login, legacy, clock))
}

/**
 * Okta takes a login for a short name where it has none like it, and so can answer with another person than the one whose
 * account the legacy store finds by what was typed.
 */
const oktaLoginOf = (
  typed: string,
  okta: Asked<OktaFacts>,
  legacy: Asked<LegacyFacts>,
): string | undefined => {
  if (okta.state !== 'found' || okta.login === undefined) return undefined
  const isOwn = legacy.state !== 'found' || !legacy.byTyped || isOneLogin(typed, okta.login)
  return isOwn ? okta.login : undefined
}

const knownOf = (name: string, okta: Asked<OktaFacts>, legacy: Asked<LegacyFacts>): Known => {
  const account = legacy.state === 'found' ? legacy : undefined
  const typed = account?.loginOfId ?? name
  const key = account?.isAmbiguous ? undefined : account?.key
  return { typed, oktaLogin: oktaLoginOf(typed, okta, legacy), key }
}

const fetchLedger = async (
  known: Known,
  { ledger, guesses }: WhoSettings,
  clock: Clock,
): Promise<Asked<LedgerFacts>> => {
  if (!('target' in ledger)) return { state: 'not_asked', missing: ledger }
  return asked(() =>
    withLedger(openHistory(ledger.target, true), clock, async (history) => {
      const facts = await readLedger(history, ledger, known, clock.epochMs(), guesses)
      return facts ? { state: 'found', ...facts } : { state: 'none' }
    }),
  )
}

const isDown = ({ legacy, okta, ledger }: PersonReport): boolean =>
  [legacy, okta, ledger].some(({ state }) => state === 'failed')

/** 3 where a source that did not answer may have the person. */
const exitCodeOf = (report: PersonReport): number => {
  if (isFound(report)) return 0
  return isDown(report) ? 3 : 1
}

/** The ledger has rows under what was typed, and none under an id. */
const refuseId = ({ ledger, legacy, okta, login }: PersonReport, option: string): void => {
  const isId =
    (ledger.state === 'found' && ledger.byId) ||
    (legacy.state === 'found' && legacy.loginOfId !== undefined) ||
    (okta.state === 'found' && okta.id === login.trim())
  if (isId) throw new AppError('usage_invalid', { detail: `${option} needs the login, not an id.` })
}

const unlockable = (report: PersonReport): LedgerFacts => {
  const { ledger } = report
  refuseId(report, '--unlock')
  if (ledger.state === 'found') return ledger
  if (ledger.state === 'failed') throw ledger.error
  const detail =
    ledger.state === 'none'
      ? '--unlock has nothing to do: the ledger has no decision about this login.'
      : '--unlock needs the ledger: set LEDGER_DB_URL and FINGERPRINT_KEY.'
  throw new AppError('usage_invalid', { detail })
}

interface Unlocking {
  readonly isDone: boolean
  readonly words: string
}

const nothingCounted = ({ options: { windowMs } }: PersonReport): Unlocking => ({
  isDone: false,
  words: `Not unlocked, and nothing was written: no wrong password of the last ${windowMs / 60_000} minutes is counted (GUESS_WINDOW_MINUTES).`,
})

/** @returns undefined without --unlock */
const unlockIfWanted = async (
  report: PersonReport,
  { ledger }: WhoSettings,
  options: WhoOptions,
  host: CommandContext,
  { clock, actor }: WhoWorld,
): Promise<Unlocking | undefined> => {
  if (!options.unlock) return undefined
  const facts = unlockable(report)
  if (!('target' in ledger)) return undefined
  // It would use up one of the few of a day.
  if (!facts.isCounted) return nothingCounted(report)
  await confirmUnlock(report.login, options, host)
  const words = await withLedger(openHistory(ledger.target, false), clock, (history) =>
    // The time is that of the answer: a person may think about the question for long.
    performUnlock(facts, history, options, actor(), clock.epochMs()),
  )
  return { isDone: true, words }
}

/** @returns undefined without --erase */
const eraseIfWanted = async (
  report: PersonReport,
  { ledger: access }: WhoSettings,
  known: Known,
  options: WhoOptions,
  host: CommandContext,
  { clock }: WhoWorld,
): Promise<Erasure | undefined> => {
  if (!options.erase) return undefined
  refuseId(report, '--erase')
  if (!('target' in access)) {
    const detail = '--erase needs the ledger: set LEDGER_DB_URL and FINGERPRINT_KEY.'
    throw new AppError('usage_invalid', { detail })
  }
  const { legacy } = report
  const isAmbiguous = legacy.state === 'found' && legacy.isAmbiguous
  const upkeep = openLedgerUpkeep(access.target, false)
  return withLedger(upkeep, clock, (opened) =>
    eraseFromLedger(opened, { known, access, isAmbiguous }, options, host, clock),
  )
}

export const performWho = async (
  login: string,
  options: WhoOptions,
  host: CommandContext,
  world: WhoWorld,
): Promise<number> => {
  checkUnlock(options)
  const { clock } = world
  const settings = readSettings(host, whoSettings(isOktaGiven(host.env)))
  const askOkta = openAskOkta(options, host)
  const named = askOkta ? await askOkta(login) : NOT_ASKED
  const legacy = await fetchLegacy(login, named, settings, clock)
  const okta = await askForAccount(named, legacy, askOkta)
  const known = knownOf(login, okta, legacy)
  const ledger = await fetchLedger(known, settings, clock)
  const now = clock.epochMs()
  const report: PersonReport = { login, legacy, okta, ledger, now, options: settings.guesses }
  const { stdout, env } = host
  if (!options.json) stdout.write(describeReport(report, createColourise(stdout, env)))
  const unlocked = await unlockIfWanted(report, settings, options, host, world)
  const erasure = await eraseIfWanted(report, settings, known, options, host, world)
  const done = [unlocked?.words, erasure && describeErasure(erasure)].filter(
    (text) => text !== undefined,
  )
  if (options.json) {
    const { erased } = erasure ?? {}
    stdout.write(
      jsonLine({ ...toReportObject(report), unlocked: unlocked?.isDone === true, erased }),
    )
  } else for (const text of done) stdout.write(`${text}\n`)
  if (erasure) return erasure.erased.kept === 0 ? 0 : 1
  return exitCodeOf(report)
}
