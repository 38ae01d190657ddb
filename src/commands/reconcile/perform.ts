/** Performs `reconcile`: loads everybody, compares, writes the lists, prints, and lets the gate decide. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createNewFile, type NewFile } from '../../audit/accounts/files.ts'
import { countAgreeing, prepareDrift, writeFinding } from '../../campaign/reconcile/compare.ts'
import { knownFindings, type FindingName } from '../../campaign/reconcile/findings.ts'
import { findReconcileProfiles, type ReconcileProfiles } from '../../campaign/reconcile/profiles.ts'
import { openCampaignState, type CampaignState } from '../../campaign/state/state-file.ts'
import type { Clock } from '../../clock.ts'
import { AppError, messageOf } from '../../errors/errors.ts'
import { jsonLine } from '../../text/printable.ts'
import { loadCampaign, type LoadedCampaign } from '../campaign/load-campaign.ts'
import { namedColumn } from '../campaign/named-column.ts'
import { campaignSettings } from '../campaign/settings.ts'
import { unreadableCount } from '../campaign/unreadable-rows.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { createColourise } from '../terminal/colour.ts'
import { createDisplay, type ProgressDisplay } from '../terminal/progress-display.ts'
import type { ReconcileOptions } from './options.ts'
import { describeReconcile, toReconcileObject, type ReconcileReport } from './report.ts'

const makeDirectory = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new AppError('output_unwritable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

/** A mistyped name costs no other file. */
const OWN_HEAD = /^login[,\r]/

type Counted = readonly (readonly [name: FindingName, count: number])[]

/** All of them take the place of the lists before, or none does. */
const writeLists = (
  { db }: CampaignState,
  names: readonly FindingName[],
  profiles: ReconcileProfiles,
  out: string,
): Counted => {
  makeDirectory(out)
  const files: NewFile[] = []
  try {
    const counted = names.map((name) => {
      const file = createNewFile(join(out, `${name}.csv`), OWN_HEAD)
      files.push(file)
      const count = writeFinding(db, name, profiles, file)
      file.flush()
      return [name, count] as const
    })
    for (const file of files) file.publish()
    return counted
  } finally {
    for (const file of files) file.discard()
  }
}

interface Read {
  readonly loaded: LoadedCampaign
  readonly profiles: ReconcileProfiles
}

const load = async (
  options: ReconcileOptions,
  host: CommandContext,
  clock: Clock,
  state: CampaignState,
  display: ProgressDisplay,
): Promise<Read | undefined> => {
  const settings = readSettings(host, campaignSettings(options.legacy !== undefined, true))
  const { map, attribute: attributes } = options
  let profiles: ReconcileProfiles | undefined
  const loaded = await loadCampaign({ host, clock, display, state, settings }, options, {
    changedColumn: (source) => namedColumn(source, '--password-changed', options.passwordChanged),
    profileOf: (source, columns) => {
      profiles = findReconcileProfiles(source, columns, { map, attributes })
      return profiles.profileOf
    },
    attributesOf: (user) => profiles?.attributesOf(user) ?? '{}',
  })
  return loaded && profiles && { loaded, profiles }
}

export const performReconcile = async (
  options: ReconcileOptions,
  host: CommandContext,
  clock: Clock,
): Promise<number> => {
  // On standard output there is one object only.
  const display = createDisplay(host, { quiet: options.quiet })
  const state = openCampaignState('')
  try {
    const read = await load(options, host, clock, state, display)
    if (!read) return 130
    const { loaded, profiles } = read
    const unreadable = unreadableCount(loaded.accounts)
    const names = knownFindings({
      ledger: loaded.decisions !== undefined,
      changes: options.passwordChanged !== undefined,
      profiles: profiles.compared.length > 0,
      // The person such a row is about would be a stranger.
      rows: unreadable === 0,
    })
    prepareDrift(state.db, profiles.compared)
    const agree = countAgreeing(state.db, names)
    const counted = writeLists(state, names, profiles, options.out)
    const counts = Object.fromEntries(counted) as ReconcileReport['counts']
    const passed = (counts.missing ?? 0) + unreadable <= options.maxMissing
    const report = { ...loaded, at: clock.epochMs(), counts, agree, profiles, passed, options }
    const paint = createColourise(host.stdout, host.env)
    host.stdout.write(
      options.json ? jsonLine(toReconcileObject(report)) : describeReconcile(report, paint),
    )
    return passed ? 0 : 1
  } finally {
    state.close()
  }
}
