/** Writes the statements for a table of accounts, in the SQL of its database. */
import type { DatabaseKind } from '../../sql/kinds.ts'
import { LIKELY_ENABLED, readFlag } from '../../text/flag.ts'
import {
  columnsNamed,
  DATES_OF_END,
  FLAGS_OFF,
  FLAGS_ON,
  STATUS_WORDS,
  type AccountPart,
} from './guess.ts'
import type { LegacyTable, TableColumn } from './schema.ts'

/** A name that every kind takes without quotes: PostgreSQL would change capital letters. */
const PLAIN = /^[a-z_][a-z\d_]*$/

/** Words of the standard, and of the three kinds, that need quotes and are names of columns or tables in the wild. */
const RESERVED = new Set(
  'user order group groups table select key keys default check column index references desc asc end limit values rank system condition from where to in on and or not null primary row rows left right all any as case references option read write release'.split(
    ' ',
  ),
)

export const quoteName = (name: string, kind: DatabaseKind): string => {
  if (PLAIN.test(name) && !RESERVED.has(name)) return name
  return kind === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`
}

export interface Accounts {
  readonly kind: DatabaseKind
  readonly table: LegacyTable
  readonly columns: Readonly<Record<AccountPart, string | undefined>>
  /** An expression; undefined if all may sign in. */
  readonly enabled: string | undefined
}

export const tableIn = ({ table, kind }: Pick<Accounts, 'table' | 'kind'>): string =>
  table.path.map((part) => quoteName(part, kind)).join('.')

const isOn = ({ name, type }: TableColumn, kind: DatabaseKind): string =>
  type === 'boolean' ? quoteName(name, kind) : `${quoteName(name, kind)} = 1`

const isOff = ({ name, type }: TableColumn, kind: DatabaseKind): string => {
  const column = quoteName(name, kind)
  return type === 'boolean' ? `${column} IS NOT TRUE` : `COALESCE(${column}, 0) = 0`
}

/** A column of a fixed width pads its words. */
const isOneOf = (column: string, words: readonly string[]): string | undefined => {
  const good = words.filter((word) => readFlag(word) ?? LIKELY_ENABLED.test(word.trim()))
  return good.length === 0
    ? undefined
    : `${column} IN (${good.map((word) => `'${word}'`).join(', ')})`
}

export interface Flag {
  readonly enabled: string | undefined
  /** Columns that may say who may sign in, too, and cannot be read as such. */
  readonly unused: readonly string[]
}

/** Each column that says who may sign in is a condition; all must hold. */
export const guessEnabled = async (
  table: LegacyTable,
  kind: DatabaseKind,
  wordsOf: (column: string) => Promise<readonly string[] | undefined>,
): Promise<Flag> => {
  const [ends, on, off] = [DATES_OF_END, FLAGS_ON, FLAGS_OFF].map((names) =>
    columnsNamed(names, table),
  )
  const conditionOf = async (column: TableColumn): Promise<string | undefined> => {
    const name = quoteName(column.name, kind)
    const isFlag = column.type === 'number' || column.type === 'boolean'
    if (ends?.includes(column)) return `${name} IS NULL`
    if (off?.includes(column)) return isFlag ? isOff(column, kind) : undefined
    if (column.type === 'text') return isOneOf(name, (await wordsOf(name)) ?? [])
    return isFlag && on?.includes(column) ? isOn(column, kind) : undefined
  }
  const columns = columnsNamed(`${FLAGS_ON} ${FLAGS_OFF} ${STATUS_WORDS} ${DATES_OF_END}`, table)
  const conditions = await Promise.all(columns.map(conditionOf))
  const all = conditions.filter((each) => each !== undefined)
  const unused = columns.filter((_, i) => conditions[i] === undefined).map(({ name }) => name)
  if (all.length === 0) return { enabled: undefined, unused }
  return { enabled: `CASE WHEN ${all.join(' AND ')} THEN 1 ELSE 0 END`, unused }
}

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
    lookup: `${select(accounts, account)} WHERE ${isExact ? `lower(${login})` : login} = :login`,
    audit: select(accounts, [...account, [of('lastLogin'), 'last_login']]),
    users: `${select(accounts, profile)} ORDER BY ${of('id') ?? login}`,
  }
}

export type Statements = ReturnType<typeof writeStatements>
