/** The log messages for changes of the ledger's status, and the outages that they begin. */
import type { LogSink } from '../call-record.ts'
import type { ForwarderStatus } from './protocol.ts'

type Line = readonly [level: keyof LogSink, message: string]

const DATABASE: Readonly<Record<ForwarderStatus['database'], Line>> = {
  ok: ['info', 'ledger database connected'],
  migrating: ['info', 'migrating the ledger database: buffering decisions on disk'],
  unreachable: ['warn', 'ledger database unavailable: buffering decisions on disk'],
  failing: ['error', 'the disk of the ledger database is full or broken: buffering decisions'],
  refused: [
    'error',
    'the ledger database refuses the login or a statement: buffering decisions on disk until the cause is fixed',
  ],
  newer_schema: [
    'error',
    'a newer version of this program has migrated the ledger: buffering decisions on disk until this one is upgraded',
  ],
}

const SPILL: Readonly<Record<ForwarderStatus['spill'], Line>> = {
  ok: ['info', "the ledger's spill file can be written again"],
  failing: ['error', "the ledger's spill file cannot be written: buffering decisions in memory"],
}

const VANISHED: Readonly<Record<'spill' | 'database', string>> = {
  spill:
    "the ledger's spill file was deleted or replaced while in use. Its entries are in a new one. Find out what removes files from LEDGER_SPILL_DIR",
  database:
    'the ledger file was deleted or replaced while in use. The file at its path is used from now on, and is created if missing. Earlier decisions may exist only in a backup',
}

export const logVanished = (log: LogSink, file: 'spill' | 'database'): void =>
  log.error({ file }, VANISHED[file])

const isWorking = (part: ForwarderStatus['database'] | ForwarderStatus['spill']): boolean =>
  part === 'ok' || part === 'migrating'

export const logChange = (log: LogSink, next: ForwarderStatus, before?: ForwarderStatus): void => {
  const { cause, waiting } = next
  const write = ([level, message]: Line, fields: Record<string, unknown>): void =>
    log[level](fields, message)
  if (next.spill !== (before?.spill ?? 'ok')) write(SPILL[next.spill], { cause })
  if (next.database !== before?.database) write(DATABASE[next.database], { cause, waiting })
}

/**
 * Before the first status, everything is expected to work. A migration that fails is tried again and again,
 * which is one outage and not many.
 * @returns the parts that have stopped working with this change
 */
export const newOutages = (
  next: ForwarderStatus,
  before?: ForwarderStatus,
): ('database' | 'spill')[] =>
  (['database', 'spill'] as const).filter(
    (part) => (before?.[part] ?? 'ok') === 'ok' && !isWorking(next[part]),
  )
