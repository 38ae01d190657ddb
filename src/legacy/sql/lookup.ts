/** Prepares a lookup statement for a database: with a limit and placeholders, and made-up logins to try it. */
import { unknownLogin } from '../../login.ts'
import { translate, type SqlDialect, type Parameters } from './parameters.ts'

/**
 * Two accounts already say that a login is ambiguous. More rows than that are read, since rows of other
 * people may come before.
 */
export const MAX_ROWS = 10

export interface Lookup {
  /** As it was configured. */
  readonly sql: string
  /** With the placeholders of the driver. */
  readonly inner: string
  /** As the database gets it, cut off after `MAX_ROWS` rows. */
  readonly text: string
  /** How many times it uses a parameter. */
  readonly uses: number
  readonly valuesOf: (parameters: Parameters) => string[]
}

/** Without the semicolon at its end, which comments may follow. */
export const withoutEnd = (sql: string): string =>
  sql.replace(/;(?:[\s;]|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/, '')

/** @throws TypeError where the statement cannot be a lookup */
export const prepare = (sql: string, dialect: SqlDialect): Lookup => {
  const { text: inner, names, uses } = translate(withoutEnd(sql), dialect)
  if (uses === 0) {
    throw new TypeError(
      'it has neither :login nor :username, so it would find the same account for everyone. ' +
        'Compare the login with one of them, such as WHERE lower(email) = :login',
    )
  }
  return {
    sql,
    inner,
    text: dialect.firstRows(inner, 'lookup', MAX_ROWS),
    uses,
    valuesOf: (parameters) => names.map((name) => parameters[name]),
  }
}

export const loginAs = (login: string): Parameters => ({ login, username: login })

/** Values that find no account, for when only the columns or the plan matter. */
export const valuesForUnknown = ({ valuesOf }: Lookup): string[] =>
  valuesOf(loginAs(unknownLogin()))
