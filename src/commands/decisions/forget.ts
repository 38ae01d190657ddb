/** Performs `decisions --forget-before`: says how many are old, asks, and deletes them in small batches. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { SettingsSpec } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { fitting } from '../../import/report/progress.ts'
import { describeLedgerTarget, type LedgerTarget } from '../../ledger/target.ts'
import type { OldDecisions } from '../../ledger/database/forget.ts'
import {
  NEEDED_MS,
  openLedgerUpkeep,
  type LedgerSize,
  type LedgerUpkeep,
} from '../../ledger/database/upkeep.ts'
import { describeBytes } from '../../text/bytes.ts'
import { figure, numberOf } from '../../text/figure.ts'
import { stampOf } from '../../text/local-time.ts'
import { createPrint, type CommandContext, type Print } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import type { CommonOptions } from '../common-options.ts'
import { withLedger } from '../open-ledger.ts'
import { confirmTyped } from '../terminal/confirm.ts'
import { createDisplay, type ProgressView } from '../terminal/progress-display.ts'
import { runWithProgress } from '../terminal/run-with-progress.ts'
import { readSince } from './since.ts'

export interface ForgetOptions extends CommonOptions {
  readonly forgetBefore: string
  readonly withVerified?: true
  readonly dryRun?: true
  readonly yes?: true
}

const NAMES = ['LEDGER_DB_URL', 'LEDGER_DB_CA'] as const

/** No name is looked for, so no key is needed. */
const FORGET: SettingsSpec<(typeof NAMES)[number], LedgerTarget> = {
  names: NAMES,
  parse: ({ values: { LEDGER_DB_URL: url, LEDGER_DB_CA: ca }, report }) => {
    if (url !== undefined && url !== 'off') return { url, ca }
    report('LEDGER_DB_URL', 'is missing')
    return undefined
  },
}

const MS_PER_HOUR = 3_600_000

/** @throws AppError `usage_invalid` */
const readBefore = (text: string, now: number): number => {
  const before = readSince(text, now)
  if (before <= now - NEEDED_MS) return before
  const detail = `--forget-before must be ${NEEDED_MS / MS_PER_HOUR} hours ago or more: servers may still count the wrong passwords since then.`
  throw new AppError('usage_invalid', { detail })
}

/** What is deleted. */
interface Forgotten {
  decisions: number
  logins: number
}

/** Servers that write to a SQLite file wait for a batch, so they have as long in between. */
const createForgetting = (upkeep: LedgerUpkeep, old: OldDecisions, clock: Clock) => {
  const done: Forgotten = { decisions: 0, logins: 0 }
  let isStopped = false
  const all = async (
    step: (from: string) => ReturnType<LedgerUpkeep['deleteUnusedAccounts']>,
    onDeleted: (count: number) => void,
  ): Promise<void> => {
    let from: string | undefined = ''
    while (from !== undefined && !isStopped) {
      const startedAt = clock.now()
      const { deleted, next } = await step(from)
      onDeleted(deleted)
      from = next
      await pause(clock.now() - startedAt)
    }
  }
  return {
    done,
    start: async (): Promise<void> => {
      await all(
        (from) => upkeep.deleteOld(old, from),
        (count) => (done.decisions += count),
      )
      await all(
        (from) => upkeep.deleteUnusedAccounts(from),
        (count) => (done.logins += count),
      )
    },
    stop: (): void => {
      isStopped = true
    },
  }
}

const viewOf = ({ decisions, logins }: Forgotten): ProgressView => {
  const text = `${numberOf(decisions, 'decision')} and ${numberOf(logins, 'login')} deleted`
  return {
    live: (columns) => [fitting(columns, text)],
    line: () => text,
    event: () => ({ event: 'progress', decisions, logins }),
  }
}

const describeSize = (size: LedgerSize | undefined): string => {
  if (!size) return ''
  const { bytes, freeBytes } = size
  const free =
    freeBytes === undefined ? '' : `, ${describeBytes(freeBytes)} of them free for new rows`
  return ` The ledger has ${describeBytes(bytes)}${free}.`
}

const describeDone = ({ decisions, logins }: Forgotten): string =>
  `Deleted ${numberOf(decisions, 'decision')}, and ${numberOf(logins, 'login that has', 'logins that have')} none left.`

interface ForgetDeps {
  readonly host: CommandContext
  readonly clock: Clock
  readonly print: Print
}

/** @returns the exit code */
const forget = async (
  upkeep: LedgerUpkeep,
  old: OldDecisions,
  { host, clock, print }: ForgetDeps,
): Promise<number> => {
  const run = createForgetting(upkeep, old, clock)
  // On standard output there is the result only.
  const display = createDisplay(host, {})
  const { isInterrupted } = await runWithProgress({
    host,
    run,
    display,
    view: () => viewOf(run.done),
  }).catch((err: unknown) => {
    // It is gone, whatever the failure is: such as a right that is missing for the logins alone.
    if (run.done.decisions > 0) display.notify(describeDone(run.done))
    throw err
  })
  const size = await upkeep.size().catch(() => undefined)
  const { decisions, logins } = run.done
  const end = isInterrupted ? ' Interrupted: run the same command again for the rest.' : ''
  print(`${describeDone(run.done)}${describeSize(size)}${end}\n`, {
    event: 'forgotten',
    before: old.before,
    decisions,
    logins,
    ...size,
    finished: !isInterrupted,
  })
  return isInterrupted ? 130 : 0
}

/** @throws AppError `usage_invalid`, `unconfirmed` or `ledger_…` */
export const performForget = async (
  options: ForgetOptions,
  host: CommandContext,
  clock: Clock,
): Promise<number> => {
  const ms = readBefore(options.forgetBefore, clock.epochMs())
  const target = readSettings(host, FORGET)
  const before = new Date(ms).toISOString()
  const { withVerified = false, dryRun = false } = options
  const old: OldDecisions = { before, withVerified }
  const print = createPrint(host, options)
  return withLedger(openLedgerUpkeep(target, dryRun), clock, async (upkeep) => {
    const decisions = await upkeep.countOld(old)
    const what = withVerified ? 'decisions, VERIFIED too' : 'decisions that are not VERIFIED'
    print(
      `${describeLedgerTarget(target).name}: ${figure(decisions)} ${what}, before ${stampOf(ms)}.\n`,
      { event: 'old', before, decisions, withVerified, dryRun },
    )
    if (dryRun) return 0
    if (decisions > 0) await confirmTyped(host, options.yes, String(decisions))
    return forget(upkeep, old, { host, clock, print })
  })
}
