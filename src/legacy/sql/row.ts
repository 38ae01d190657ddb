/** The reading of one row of the lookup statement: whose it is, its hash, and whether it is enabled. */
import { readFlag, flagText } from '../../text/flag.ts'
import { foldLogin, MAX_LOGIN_LENGTH, normaliseLogin } from '../../login.ts'
import { IDENTITY, type Column, type ColumnNames } from '../check/lookup-columns.ts'
import { loginKey, type LegacyAccount } from '../store.ts'

export type Row = Readonly<Record<string, unknown>>

/** What is no text is no hash, and is decided like a damaged one. */
const readHash = (value: unknown): string => {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : ''
}

const readId = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return undefined
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return (flagText(value) ?? JSON.stringify(value)) || undefined
}

export const valueIn = (row: Row, columns: ColumnNames, column: Column): unknown => {
  const name = columns[column]
  return name === undefined ? undefined : row[name]
}

/** Folding makes text at most four times shorter, and takes long for a long run of combining marks. */
const MAX_NAME_LENGTH = 4 * MAX_LOGIN_LENGTH

const namesOf = (row: Row, columns: ColumnNames): string[] =>
  IDENTITY.map((column) => flagText(valueIn(row, columns, column))?.trim() ?? '').filter(
    (name) => name !== '' && name.length <= MAX_NAME_LENGTH,
  )

/**
 * Whether a row is the account of what was typed: one of its names equals it as Okta compares logins, or
 * the part of one before the @ equals what was typed without an @. Never the other way round: a row
 * named `anna` is not the account of `anna@b.com`. The statement's own comparison is not relied on: LIKE,
 * patterns and collations find the rows of other people too.
 */
const isRowOf = (row: Row, columns: ColumnNames, typed: string): boolean =>
  namesOf(row, columns)
    .map(foldLogin)
    .some(
      (name) => name === typed || (!typed.includes('@') && name.replace(/@[^@]*$/, '') === typed),
    )

/** The rows that count for what was typed: a check must see what a sign-in sees. */
export const rowsOf = (
  rows: readonly Row[],
  columns: ColumnNames,
  username: string,
  unchecked: boolean,
): readonly Row[] => {
  if (unchecked) return rows
  const typed = foldLogin(username.trim())
  return typed === '' ? [] : rows.filter((row) => isRowOf(row, columns, typed))
}

/** Two kinds of names, told apart: what is typed must never be the key of another person. */
const keyOf = (row: Row, columns: ColumnNames): string | undefined => {
  const id = readId(valueIn(row, columns, 'id'))
  if (id !== undefined) return `id ${id}`
  const [login] = namesOf(row, columns)
  return login === undefined ? undefined : loginKey(normaliseLogin(login))
}

export const readAccount = (row: Row, columns: ColumnNames): LegacyAccount => ({
  key: keyOf(row, columns),
  passwordHash: readHash(valueIn(row, columns, 'password_hash')),
  enabled: readFlag(valueIn(row, columns, 'enabled')),
})
