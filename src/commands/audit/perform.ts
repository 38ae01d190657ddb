/** Performs an audit: its files, its progress, its result and the exit code. */
import { resolve } from 'node:path'
import { findAccountColumns } from '../../audit/accounts/columns.ts'
import { OWN_LIST } from '../../audit/accounts/lists.ts'
import { OWN_NOTES } from '../../audit/accounts/read-accounts.ts'
import { createNewFile, type NewFile } from '../../audit/accounts/files.ts'
import { readCanaries, type Canary } from '../../audit/canaries.ts'
import { gateFailures } from '../../audit/result.ts'
import { createAudit, PHASES, type AuditProgress } from '../../audit/run.ts'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { fitting } from '../../import/report/progress.ts'
import type { Source } from '../../import/sources/source.ts'
import type { HashStore } from '../../legacy/store.ts'
import { jsonLine } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { createColourise } from '../terminal/colour.ts'
import {
  createDisplay,
  type ProgressDisplay,
  type ProgressView,
} from '../terminal/progress-display.ts'
import { COUNTS_NOTHING, runWithProgress } from '../terminal/run-with-progress.ts'
import { describePlace, openAccounts, openProfiles, openStore } from './open.ts'
import type { AuditOptions } from './options.ts'
import { describeAudit, toAuditObject } from './report.ts'
import { auditSettings, type AuditSettings } from './settings.ts'

/** What tests replace. */
export interface AuditWorld {
  readonly clock: Clock
  readonly random: () => number
}

const refuseOptions = ({ legacy, canary, routes, blocked }: AuditOptions): void => {
  const paths = [routes, blocked, ...[legacy, canary].filter((path) => path !== undefined)]
  if (new Set(paths.map((path) => resolve(path))).size < paths.length) {
    const detail = '--legacy, --canary, --routes and --blocked must be different files.'
    throw new AppError('usage_invalid', { detail })
  }
}

const viewOf = ({ phase, done, total }: AuditProgress): ProgressView => {
  const all = total === undefined ? '' : ` of ${total}`
  const text = done === 0 ? PHASES[phase] : `${done}${all} ${PHASES[phase]}`
  return {
    live: (columns) => [fitting(columns, text)],
    line: () => text,
    event: () => ({ event: 'progress', phase, done, total }),
  }
}

interface Files {
  readonly notes: NewFile
  readonly routes: NewFile
  readonly blocked: NewFile
}

/** @param opened those that are open already, if another one cannot be */
const openFiles = ({ routes, blocked }: AuditOptions, opened: NewFile[]): Files => {
  const open = (path: string, own: RegExp): NewFile => {
    const file = createNewFile(path, own)
    opened.push(file)
    return file
  }
  return {
    notes: open(`${routes}.notes`, OWN_NOTES),
    routes: open(routes, OWN_LIST),
    blocked: open(blocked, OWN_LIST),
  }
}

interface Opened {
  readonly source: Source
  readonly store: HashStore | undefined
  readonly canaries: readonly Canary[]
  readonly settings: AuditSettings
  readonly display: ProgressDisplay
}

const runAudit = async (
  { source, store, canaries, settings, display }: Opened,
  options: AuditOptions,
  host: CommandContext,
  world: AuditWorld,
): Promise<number> => {
  const columns = findAccountColumns(source, options)
  const prepare = await openProfiles(source, columns, options, host, display)
  const opened: NewFile[] = []
  try {
    const files = openFiles(options, opened)
    const { deadlineMs, hashes } = settings
    const { sample, peakShare, goLive, cores = settings.cores } = options
    const from = describePlace(options, settings.store)
    const audit = createAudit(
      {
        ...{ source, columns, prepare, store, canaries, hashes },
        ...{ notes: files.notes, lists: files, isFile: options.legacy !== undefined, ...world },
      },
      { from, deadlineMs, sample, peakShare, cores, goLive },
    )
    const view = (): ProgressView => viewOf(audit.progress)
    const { end, isInterrupted } = await runWithProgress({
      ...{ host, run: audit, display, view, words: COUNTS_NOTHING },
    })
    if (!end || isInterrupted) return 130
    files.routes.publish()
    files.blocked.publish()
    const failures = gateFailures(end, options.allowBlocked)
    const paint = createColourise(host.stdout, host.env)
    host.stdout.write(
      options.json
        ? jsonLine(toAuditObject(end, failures, options))
        : describeAudit(end, failures, { ...options, cores }, paint),
    )
    return failures.length > 0 ? 1 : 0
  } finally {
    for (const file of opened) file.discard()
  }
}

export const performAudit = async (
  options: AuditOptions,
  host: CommandContext,
  world: AuditWorld,
): Promise<number> => {
  refuseOptions(options)
  const settings = readSettings(
    host,
    auditSettings(options.legacy !== undefined, options.canary !== undefined),
  )
  const canaries = options.canary === undefined ? [] : await readCanaries(options.canary)
  // On standard output there is one object only.
  const display = createDisplay(host, { quiet: options.quiet })
  const store =
    settings.store && (await openStore(settings.store, settings.deadlineMs, world.clock, display))
  try {
    const source = await openAccounts(options, settings, host)
    try {
      return await runAudit({ source, store, canaries, settings, display }, options, host, world)
    } finally {
      source.close()
    }
  } finally {
    await store?.close()
  }
}
