/** Reads the accounts of the legacy store as parts of people: judged as the audit does, and found in the ledger. */
import type { AccountColumns } from '../../audit/accounts/columns.ts'
import type { Judged } from '../../audit/accounts/verdict.ts'
import { createLastLogins, readMoment, type LastLogins } from '../../audit/last-logins.ts'
import type { SourceRow, Value } from '../../import/sources/source.ts'
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
  /** The profile of a row as JSON; undefined where nobody needs it. */
  readonly profileOf: ((row: SourceRow) => string) | undefined
}

export interface AccountsLoaded {
  readonly count: number
  /** Rows that no user can belong to, since they have no login or cannot be read. */
  readonly withoutLogin: number
  /** How many of them the ledger has a VERIFIED for. */
  readonly verified: number
  readonly lastLogins: LastLogins
  readonly changes: LastLogins
}

const momentOf = (value: Value | undefined): number | null => {
  const moment = value === undefined ? undefined : readMoment(value)
  return typeof moment === 'number' ? moment : null
}

/** The id as the hook's lookup has it, so that both name one person. */
const idOf = (row: SourceRow, { id }: AccountColumns): string | undefined => {
  const value = 'fields' in row ? row.fields.get(id) : undefined
  return value === undefined || value === '' ? undefined : String(value)
}

const valueOf = (row: SourceRow, column: string | undefined): Value | undefined =>
  'fields' in row && column !== undefined ? row.fields.get(column) : undefined

export const loadAccounts = async (
  { rows, columns, judge, namesOf, changedColumn, profileOf }: AccountsDeps,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<AccountsLoaded> => {
  const [lastLogins, changes] = [createLastLogins(), createLastLogins()]
  let [count, withoutLogin, verified] = [0, 0, 0]
  for await (const row of rows) {
    const { folded, login, verdict, lastLogin, key } = judge(row)
    const id = idOf(row, columns)
    const changed = valueOf(row, changedColumn)
    const decided = parts.decidedAs(namesOf?.(id, login.normalised) ?? [])
    count++
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
      })
    }
    await onRow()
  }
  const times = { lastLogins: lastLogins.read(), changes: changes.read() }
  return { count, withoutLogin, verified, ...times }
}
