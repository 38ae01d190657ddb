/** Writes the statements for a table of accounts, in the SQL of its database. */
import type { DatabaseKind } from '../../sql/kinds.ts'
import type { AccountPart } from './guess.ts'
import { RESERVED_WORDS } from './reserved.ts'
import type { LegacyTable } from './schema.ts'

/** A name that every kind takes without quotes: PostgreSQL would change capital letters. */
const PLAIN = /^[a-z_][a-z\d_]*$/

export const quoteName = (name: string, kind: DatabaseKind): string => {
  if (PLAIN.test(name) && !RESERVED_WORDS.has(name)) return name
  return kind === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`
}

export interface Accounts {
  readonly kind: DatabaseKind
  readonly table: LegacyTable
  readonly columns: Readonly<Record<AccountPart, string | undefined>>
  /** An expression; undefined if all may sign in. */
  readonly enabled: string | undefined
  /** Logins that the database's lower() does not bring into the form of :login. */
  readonly unlowered: number
}

export const tableIn = ({ table, kind }: Pick<Accounts, 'table' | 'kind'>): string =>
  table.path.map((part) => quoteName(part, kind)).join('.')

const select = (
  accounts: Accounts,
  columns: readonly (readonly [expression: string | undefined, name: string])[],
): string => {
  const given = columns.flatMap(([expression, name]) =>
    expression === undefined ? [] : [expression === name ? name : `${expression} AS ${name}`],
  )
  return `SELECT ${given.join(', ')} FROM ${tableIn(accounts)}`
}

/** The three statements: for a sign-in, for all accounts, and for the import. */
export const writeStatements = (accounts: Accounts) => {
  const { kind, columns, enabled, table } = accounts
  const of = (part: AccountPart): string | undefined => {
    const name = columns[part]
    return name === undefined ? undefined : quoteName(name, kind)
  }
  const login = of('login') ?? ''
  const isExact = table.columns.find(({ name }) => name === columns.login)?.isExact !== false
  const isFound = `${isExact ? `lower(${login})` : login} = :login`
  // At least who types the login as it is stored is found.
  const isFoundAsTyped = accounts.unlowered > 0 ? ` OR lower(${login}) = lower(:username)` : ''
  const account = [
    [login, 'login'],
    [of('hash'), 'password_hash'],
    [enabled, 'enabled'],
    [of('id'), 'id'],
  ] as const
  // Aliases with capital letters keep them only in quotes.
  const alias = (name: string): string => quoteName(name, kind)
  const profile = [
    [login, 'login'],
    [of('email') ?? login, 'email'],
    [of('firstName'), alias('firstName')],
    [of('lastName'), alias('lastName')],
    [enabled, 'enabled'],
  ] as const
  return {
    lookup: `${select(accounts, account)} WHERE ${isFound}${isFoundAsTyped}`,
    audit: select(accounts, [...account, [of('lastLogin'), 'last_login']]),
    users: `${select(accounts, profile)} ORDER BY ${of('id') ?? login}`,
  }
}

export type Statements = ReturnType<typeof writeStatements>
