/** What the log says, and what is counted, when the ledger's standing changes. */
import type { ForwarderStatus } from './protocol.ts'

export interface LedgerLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

type Line = readonly [level: keyof LedgerLog, message: string]

const DATABASE: Readonly<Record<ForwarderStatus['database'], Line>> = {
  ok: ['info', "the ledger's database is reached"],
  migrating: ['info', "the ledger's tables are being changed; decisions wait on disk meanwhile"],
  unreachable: ['warn', "the ledger's database does not serve; decisions wait on disk"],
  failing: [
    'error',
    "the disk under the ledger's database is full or fails; decisions wait meanwhile",
  ],
  refused: [
    'error',
    "the ledger's database is there and refuses; decisions wait on disk until its cause is put right",
  ],
  newer_schema: [
    'error',
    'the ledger was changed by a newer version of this program; decisions wait on disk until this one is upgraded',
  ],
}

const SPILL: Readonly<Record<ForwarderStatus['spill'], Line>> = {
  ok: ['info', "the ledger's spill can be written again"],
  failing: ['error', "the ledger's spill cannot be written; decisions wait in memory"],
}

const VANISHED: Readonly<Record<'spill' | 'database', string>> = {
  spill:
    "the ledger's spill file was deleted or replaced while in use; a new one has what waited in it. Find out who removes files from LEDGER_SPILL_DIR",
  database:
    "the ledger's file was deleted or replaced while in use; what is at its path is used from now on, and made if need be. Decisions of before may be in a backup only",
}

export const tellVanished = (log: LedgerLog, file: 'spill' | 'database'): void =>
  log.error({ file }, VANISHED[file])

const isWell = (part: ForwarderStatus['database'] | ForwarderStatus['spill']): boolean =>
  part === 'ok' || part === 'migrating'

export const tellChange = (
  log: LedgerLog,
  next: ForwarderStatus,
  before?: ForwarderStatus,
): void => {
  const { cause, waiting } = next
  const say = ([level, message]: Line, fields: Record<string, unknown>): void =>
    log[level](fields, message)
  if (next.spill !== (before?.spill ?? 'ok')) say(SPILL[next.spill], { cause })
  if (next.database !== before?.database) say(DATABASE[next.database], { cause, waiting })
}

/**
 * Before the first word, all is expected to be well. A change of the tables that fails is tried again and
 * again, which is one outage and not many.
 * @returns the parts that have ceased to do their work with this change
 */
export const ceased = (next: ForwarderStatus, before?: ForwarderStatus): ('database' | 'spill')[] =>
  (['database', 'spill'] as const).filter(
    (part) => (before?.[part] ?? 'ok') === 'ok' && !isWell(next[part]),
  )
