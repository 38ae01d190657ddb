/** Performs `who`: asks what is configured, prints what was found, and unlocks if that is wanted. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { jsonLine } from '../../text/printable.ts'
import { readSettings, type CommandContext } from '../context.ts'
import type { CommonOptions } from '../common-options.ts'
import { connectWithProgress } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'
import { withHistory } from '../open-history.ts'
import { createColourise } from '../terminal/colour.ts'
import { readLedger, type Known, type LedgerFacts } from './ledger.ts'
import { describeReport, isFound, toReportObject, type PersonReport } from './report.ts'
import { whoSettings, type WhoSettings } from './settings.ts'
import {
  asked,
  askLegacy,
  askOkta,
  type Asked,
  type LegacyFacts,
  type OktaFacts,
} from './sources.ts'
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

export const OKTA_SCOPES = ['okta.users.read']

const fetchOkta = async (
  name: string,
  { verbose, quiet }: WhoOptions,
  host: CommandContext,
): Promise<Asked<OktaFacts>> => {
  if (!isOktaGiven(host.env)) {
    return { state: 'not_asked', missing: ['OKTA_ORG_URL', 'OKTA_API_TOKEN'] }
  }
  const client = connectWithProgress(host, readSettings(host, OKTA_SETTINGS), {
    scopes: OKTA_SCOPES,
    verbose,
    quiet,
  })
  return asked(() => askOkta(name, (what) => client.request(what)))
}

const fetchLegacy = async (
  name: string,
  okta: Asked<OktaFacts>,
  { legacy }: WhoSettings,
  clock: Clock,
): Promise<Asked<LegacyFacts>> => {
  if (!('url' in legacy)) return { state: 'not_asked', missing: legacy }
  const login = okta.state === 'found' ? okta.login : undefined
  return asked(() => askLegacy(name, login, legacy, clock))
}

const knownOf = (typed: string, okta: Asked<OktaFacts>, legacy: Asked<LegacyFacts>): Known => ({
  typed,
  oktaLogin: okta.state === 'found' ? okta.login : undefined,
  key: legacy.state === 'found' && !legacy.isAmbiguous ? legacy.key : undefined,
})

const fetchLedger = async (
  known: Known,
  { ledger, guesses }: WhoSettings,
  clock: Clock,
): Promise<Asked<LedgerFacts>> => {
  if (!('target' in ledger)) return { state: 'not_asked', missing: ledger }
  return asked(() =>
    withHistory(ledger.target, true, clock, async (history) => {
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

/** Wrong passwords count under what was typed, so an id has none. */
const unlockable = ({ ledger, legacy, okta, login }: PersonReport): LedgerFacts => {
  const isId =
    (ledger.state === 'found' && ledger.byId) ||
    (legacy.state === 'found' && legacy.byId) ||
    (okta.state === 'found' && okta.id === login.trim())
  if (isId) throw new AppError('usage_invalid', { detail: '--unlock needs the login, not an id.' })
  if (ledger.state === 'found') return ledger
  if (ledger.state === 'failed') throw ledger.error
  const detail =
    ledger.state === 'none'
      ? '--unlock has nothing to do: the ledger has no decision about this login.'
      : '--unlock needs the ledger: set LEDGER_DB_URL and FINGERPRINT_KEY.'
  throw new AppError('usage_invalid', { detail })
}

/** @returns what was done, in words; undefined without --unlock */
const unlockIfWanted = async (
  report: PersonReport,
  { ledger }: WhoSettings,
  options: WhoOptions,
  host: CommandContext,
  { clock, actor }: WhoWorld,
): Promise<string | undefined> => {
  if (!options.unlock) return undefined
  const facts = unlockable(report)
  if (!('target' in ledger)) return undefined
  await confirmUnlock(report.login, options, host)
  return withHistory(ledger.target, false, clock, (history) =>
    // The time is that of the answer: a person may think about the question for long.
    performUnlock(facts, history, options, actor(), clock.epochMs()),
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
  const okta = await fetchOkta(login, options, host)
  const legacy = await fetchLegacy(login, okta, settings, clock)
  const ledger = await fetchLedger(knownOf(login, okta, legacy), settings, clock)
  const now = clock.epochMs()
  const report: PersonReport = { login, legacy, okta, ledger, now, options: settings.guesses }
  const { stdout, env } = host
  if (!options.json) stdout.write(describeReport(report, createColourise(stdout, env)))
  const unlocked = await unlockIfWanted(report, settings, options, host, world)
  if (options.json) {
    stdout.write(jsonLine({ ...toReportObject(report), unlocked: unlocked !== undefined }))
  } else if (unlocked !== undefined) stdout.write(`${unlocked}\n`)
  return exitCodeOf(report)
}
