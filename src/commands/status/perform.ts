/** Performs `status`: loads the campaign, counts, writes the list, and prints. */
import { resolve } from 'node:path'
import { createNewFile } from '../../audit/accounts/files.ts'
import { foretell, type Foretold } from '../../campaign/foretell.ts'
import { writeLeftList } from '../../campaign/left-list.ts'
import { keepReport, type SavedReport } from '../../campaign/state/saved-report.ts'
import { openCampaignState, type CampaignState } from '../../campaign/state/state-file.ts'
import { summariseCampaign } from '../../campaign/summary.ts'
import { countWaves } from '../../campaign/waves.ts'
import { DAY_MS, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { jsonLine } from '../../text/printable.ts'
import { loadCampaign, type LoadedCampaign } from '../campaign/load-campaign.ts'
import { namedColumn, shownColumn } from '../campaign/named-column.ts'
import type { CampaignWish, LoadCampaignDeps } from '../campaign/run-loading.ts'
import { campaignSettings, type CampaignSettings } from '../campaign/settings.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { DEFAULT_LEDGER } from '../ledger-settings.ts'
import { createDisplay } from '../terminal/progress-display.ts'
import { saveInLedger } from './ledger-copy.ts'
import type { StatusOptions } from './options.ts'
import { describeBrief } from './brief.ts'
import { gateOf } from './gate.ts'
import { describeStatus, type StatusReport } from './report.ts'
import { toStatusObject } from './status-object.ts'

const refuseCutOffs = ({ cutOff, goLive = -Infinity }: StatusOptions, now: number): void => {
  const first = Math.max(Math.floor(now / DAY_MS) * DAY_MS, goLive)
  if (cutOff.every((day) => day >= first)) return
  const detail = '--cut-off must be today or later, and not before --go-live.'
  throw new AppError('usage_invalid', { detail })
}

/** Refuses what would be said of nobody, instead of saying nothing. */
const refuseGate = ({ failIfLate, cutOff }: StatusOptions): void => {
  if (failIfLate === undefined || cutOff.length > 0) return
  const detail =
    '--fail-if-late needs the day on which the hook would end, such as --cut-off 2026-12-24 --fail-if-late 2500.'
  throw new AppError('usage_invalid', { detail })
}

const refuseColumns = (
  { legacy, wave, passwordChanged }: StatusOptions,
  { store }: CampaignSettings,
): void => {
  if (store || legacy !== undefined || (wave ?? passwordChanged) === undefined) return
  const option = wave === undefined ? '--password-changed' : '--wave'
  const detail = `${option} names a column of the accounts: set LEGACY_DB_URL, or say --legacy FILE.`
  throw new AppError('usage_invalid', { detail })
}

const refuseOptions = ({ legacy, left, state, journal }: StatusOptions): void => {
  const paths = [state, ...journal, ...[legacy, left].filter((path) => path !== undefined)]
  if (new Set(paths.map((path) => resolve(path))).size < paths.length) {
    const detail = '--legacy, --journal, --left and --state must be different files.'
    throw new AppError('usage_invalid', { detail })
  }
}

/** A mistyped name costs no other file. */
const LEFT_HEAD = /^login,okta_id,state,last_seen,chance,reason\r/

const writeLeft = ({ db }: CampaignState, path: string, foretold: Foretold | undefined): void => {
  const chanceOf = foretold && 'chanceOf' in foretold ? foretold.chanceOf : undefined
  const file = createNewFile(path, LEFT_HEAD)
  try {
    writeLeftList(db, file, chanceOf)
    file.publish()
  } finally {
    file.discard()
  }
}

const startOfDay = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.floor(ms / DAY_MS) * DAY_MS

const reportOf = (
  state: CampaignState,
  loaded: LoadedCampaign,
  options: StatusOptions,
  epochMs: number,
): StatusReport => {
  const goLive = options.goLive ?? startOfDay(loaded.decisions?.firstVerifiedAt)
  const { cutOff: cutOffs, mail: mails, late: lateDays, left } = options
  const foretold =
    goLive === undefined || (cutOffs.length === 0 && left === undefined)
      ? undefined
      : foretell(state, { goLive, now: epochMs, cutOffs, mails, lateDays })
  const summary = summariseCampaign(state.db, goLive)
  const waves = options.wave === undefined ? undefined : countWaves(state.db)
  return { ...loaded, at: epochMs, goLive, summary, foretold, waves, options }
}

const savedReportOf = ({ sources, at, summary }: StatusReport, json: string): SavedReport => ({
  org: new URL(sources.org).host,
  at,
  notMoved: summary.notMoved,
  json,
})

const wishOf = ({ lastLogin, passwordChanged, wave, quick }: StatusOptions): CampaignWish => ({
  ...{ lastLogin, asked: [lastLogin, passwordChanged, wave], isQuick: quick },
  changedColumn: (source) => namedColumn(source, '--password-changed', passwordChanged),
  waveColumn: (source, { login, id, hash }) =>
    shownColumn(source, '--wave', wave, [login, id, hash ?? login]),
})

const copyToLedger = async (
  { settings, clock, display }: LoadCampaignDeps,
  saved: SavedReport,
): Promise<void> => {
  const target = settings.ledger.target ?? { url: DEFAULT_LEDGER }
  const problem = await saveInLedger(target, clock, saved)
  if (problem !== undefined) display.notify(problem)
}

const describe = (report: StatusReport, { brief }: StatusOptions): string =>
  brief ? describeBrief(report) : describeStatus(report)

export const performStatus = async (
  options: StatusOptions,
  host: CommandContext,
  clock: Clock,
): Promise<number> => {
  refuseOptions(options)
  refuseGate(options)
  refuseCutOffs(options, clock.epochMs())
  const settings = readSettings(host, campaignSettings(options.legacy !== undefined))
  refuseColumns(options, settings)
  // On standard output there is one object only.
  const display = createDisplay(host, { quiet: options.quiet ?? options.brief })
  const state = openCampaignState(options.state)
  try {
    const deps = { host, clock, display, state, settings }
    const loaded = await loadCampaign(deps, options, wishOf(options))
    if (!loaded) return 130
    const report = reportOf(state, loaded, options, clock.epochMs())
    if (options.left !== undefined) writeLeft(state, options.left, report.foretold)
    const json = jsonLine(toStatusObject(report))
    const saved = savedReportOf(report, json)
    // Last of all: a person who acts on the newest report must have been shown it.
    keepReport(state.db, saved)
    if (report.decisions) await copyToLedger(deps, saved)
    host.stdout.write(options.json ? json : describe(report, options))
    return gateOf(report)?.passed === false ? 1 : 0
  } finally {
    state.close()
  }
}
