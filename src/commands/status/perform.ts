/** Performs `status`: loads the campaign, counts, writes the list, and prints. */
import { resolve } from 'node:path'
import { createNewFile } from '../../audit/accounts/files.ts'
import { DAY_MS } from '../../audit/last-logins.ts'
import { foretell, type Foretold } from '../../campaign/foretell.ts'
import { writeLeftList } from '../../campaign/left-list.ts'
import { openCampaignState, type CampaignState } from '../../campaign/state/state-file.ts'
import { summariseCampaign } from '../../campaign/summary.ts'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { jsonLine } from '../../text/printable.ts'
import { loadCampaign, type LoadedCampaign } from '../campaign/load-campaign.ts'
import { campaignSettings } from '../campaign/settings.ts'
import { readSettings, type CommandContext } from '../context.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { createDisplay } from '../terminal/progress-display.ts'
import type { StatusOptions } from './options.ts'
import { describeStatus, toStatusObject, type StatusReport } from './report.ts'

const refuseCutOffs = ({ cutOff, goLive = -Infinity }: StatusOptions, now: number): void => {
  const first = Math.max(Math.floor(now / DAY_MS) * DAY_MS, goLive)
  if (cutOff.every((day) => day >= first)) return
  const detail = '--cut-off must be today or later, and not before --go-live.'
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
  return { ...loaded, at: epochMs, goLive, summary, foretold, options }
}

export const performStatus = async (
  options: StatusOptions,
  host: CommandContext,
  clock: Clock,
): Promise<number> => {
  keepHeapSmall()
  refuseOptions(options)
  refuseCutOffs(options, clock.epochMs())
  const settings = readSettings(host, campaignSettings(options.legacy !== undefined))
  // On standard output there is one object only.
  const display = createDisplay(host, { quiet: options.quiet })
  const state = openCampaignState(options.state)
  try {
    const { lastLogin } = options
    const loaded = await loadCampaign({ host, clock, display, state, settings }, options, {
      lastLogin,
    })
    if (!loaded) return 130
    const report = reportOf(state, loaded, options, clock.epochMs())
    if (options.left !== undefined) writeLeft(state, options.left, report.foretold)
    host.stdout.write(options.json ? jsonLine(toStatusObject(report)) : describeStatus(report))
    return 0
  } finally {
    state.close()
  }
}
