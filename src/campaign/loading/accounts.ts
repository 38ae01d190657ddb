/** Reads the accounts of the legacy store as parts of people: judged as the audit does, and found in the ledger. */
import type { AccountColumns } from '../../audit/accounts/columns.ts'
import type { Judged } from '../../audit/accounts/verdict.ts'
import { createLastLogins, readMoment, type LastLogins } from '../../audit/last-logins.ts'
import type { SourceRow, Value } from '../../import/sources/source.ts'
import { printable } from '../../text/printable.ts'
import type { Parts } from '../state/parts.ts'

/** All names that the ledger may have for somebody: the hook's lookup may return other columns than the audit's. */
export type NamesOf = (id: string | undefined, normalisedLogin: string) => readonly string[]

export interface AccountsDeps {
  readonly rows: AsyncIterable<SourceRow>
  readonly columns: AccountColumns
  readonly judge: (row: SourceRow) => Judged
  /** Undefined where there is no ledger. */
  readonly namesOf: NamesOf | undefined
  /** The column with the time of the last change of the password. */
  readonly changedColumn: string | undefined
  /** The column that says in which wave a person is imported. */
  readonly waveColumn: string | undefined
  /** The profile of a row as JSON; undefined where nobody needs it. */
  readonly profileOf: ((row: SourceRow) => string) | undefined
}

export interface Unreadable {
  readonly count: number
  /** Of the first ones; of a store, the numbers of its rows. */
  readonly lines: readonly number[]
}

export interface AccountsLoaded {
  readonly count: number
  /** Rows that no user can belong to, since they have no login or cannot be read. */
  readonly withoutLogin: number
  /** Of those, the rows that cannot be read: they are about somebody. */
  readonly unreadable: Unreadable
  /** Without them, nobody is blocked by a hash. */
  readonly hasHashes: boolean
  /** How many of them the ledger has a VERIFIED for. */
  readonly verified: number
  readonly lastLogins: LastLogins
  readonly changes: LastLogins
}

const momentOf = (value: Value | undefined): number | null => {
  const moment = value === undefined ? undefined : readMoment(value)
  // Seconds since 1970 can have a fraction of a millisecond.
  return typeof moment === 'number' ? Math.round(moment) : null
}

/**
 * The id as the hook's lookup has it, so that both name one person. A greater number of JSON has lost its last digits,
 * and could be the id of another one.
 */
const idOf = (row: SourceRow, { id }: AccountColumns): string | undefined => {
  const value = 'fields' in row ? row.fields.get(id) : undefined
  if (value === undefined || value === '') return undefined
  const isRounded = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
  return isRounded ? undefined : String(value)
}

const LINES = 3

const createUnreadable = () => {
  const lines: number[] = []
  let count = 0
  return {
    add: (row: SourceRow): void => {
      if (!('flaw' in row)) return
      count++
      if (lines.length < LINES) lines.push(row.line)
    },
    read: (): Unreadable => ({ count, lines }),
  }
}

const valueOf = (row: SourceRow, column: string | undefined): Value | undefined =>
  'fields' in row && column !== undefined ? row.fields.get(column) : undefined

/** Longer names would not fit into a line of a report. */
const MAX_WAVE_LENGTH = 40

const waveOf = (value: Value | undefined): string | null => {
  const name = value === undefined ? '' : printable(String(value), MAX_WAVE_LENGTH)
  return name === '' ? null : name
}

export const loadAccounts = async (
  { rows, columns, judge, namesOf, changedColumn, waveColumn, profileOf }: AccountsDeps,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<AccountsLoaded> => {
  const [lastLogins, changes] = [createLastLogins(), createLastLogins()]
  const unreadable = createUnreadable()
  let [count, withoutLogin, verified] = [0, 0, 0]
  for await (const row of rows) {
    const { folded, login, verdict, lastLogin, key } = judge(row)
    const id = idOf(row, columns)
    const changed = valueOf(row, changedColumn)
    const decided = parts.decidedAs(namesOf?.(id, login.normalised) ?? [])
    count++
    unreadable.add(row)
    if (decided.verified > 0) verified++
    lastLogins.add(lastLogin, key)
    changes.add(changed, key)
    if (folded === undefined) withoutLogin++
    else {
      parts.addAccount({
        ...{ login: folded, typed: login.typed.trim(), id: id ?? null, ...decided },
        ...{ enabled: verdict.isDisabled !== true, blocked: verdict.blocked ?? null },
        ...{ lastSeen: momentOf(lastLogin), changed: momentOf(changed) },
        profile: profileOf?.(row) ?? null,
        wave: waveOf(valueOf(row, waveColumn)),
      })
    }
    await onRow()
  }
  const times = { lastLogins: lastLogins.read(), changes: changes.read() }
  const read = { count, withoutLogin, unreadable: unreadable.read() }
  return { ...read, hasHashes: columns.hash !== undefined, verified, ...times }
}
