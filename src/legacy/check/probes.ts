/** Looks up logins that must find no account: a loose comparison would find one. */
import { describeFailure, isConnectionFailure, matchesPattern } from '../../sql/failures.ts'
import type { Sample } from './audit-sample.ts'
import type { ColumnNames } from './lookup-columns.ts'
import type { CheckDeps } from '../sql/driver.ts'
import { normaliseLogin, unknownLogin } from '../../login.ts'
import { flagText } from '../../text/flag.ts'
import { rowsOf, valueIn, type Row } from '../sql/row.ts'

/** Real accounts whose lookalikes are looked up. */
const PROBED = 3

/** The rows that count for a login, as a sign-in would see them. */
export const lookUp = async (
  { use, lookup, driver, unchecked }: CheckDeps,
  columns: ColumnNames,
  login: string,
): Promise<readonly Row[]> => {
  const values = lookup.valuesOf({ login: normaliseLogin(login), username: login.trim() })
  try {
    const { rows } = await use((connection) => connection.query(lookup.text, values))
    return rowsOf(rows, columns, login, unchecked)
  } catch (err) {
    if (matchesPattern(driver.invalidLogin, err)) return []
    throw err
  }
}

/** Looks up a login that must find nothing; a statement that fails or is late for it cannot be trusted. */
const probe = async (deps: CheckDeps, columns: ColumnNames, login: string) => {
  try {
    return await lookUp(deps, columns, login)
  } catch (err) {
    throw isConnectionFailure(err) ? err : new TypeError(`a probe failed: ${describeFailure(err)}`)
  }
}

export const refuseFound = (what: string): never => {
  throw new TypeError(
    `it found an account for ${what}, so it would accept the passwords of other people. ` +
      'Compare the whole login with =, and return the login that is stored in the row',
  )
}

/** The login with one character of its local part replaced. */
const replaceOne = (login: string, sign: string): string =>
  login.replace(/(?<=^[^@])([^@])/su, (found) => (found === sign ? '-' : sign))

/** Logins that a comparison by pattern or by a part takes for the given one: LIKE, regular expressions, GLOB, left(). */
const lookalikesOf = (login: string): string[] => {
  const others = ['_', '.', '?'].map((sign) => replaceOne(login, sign))
  return [...others, `${login}x`].filter((other) => other !== login)
}

const isSame = (row: Row, columns: ColumnNames, { id, hash }: Sample): boolean => {
  const own = flagText(valueIn(row, columns, 'id'))
  const isId = own !== undefined && own === flagText(id)
  return isId || (hash !== '' && flagText(valueIn(row, columns, 'password_hash')) === hash)
}

/** For LIKE, regular expressions and GLOB. No person has such a login; a person may have a mere %. */
const WILDCARDS = ['%_%_%', '.*.+.*', '*?*?*']

/** A row that says whose it is may be wrong: the statement may repeat what was typed. */
export const probeWildcards = async (deps: CheckDeps, columns: ColumnNames): Promise<void> => {
  for (const login of [...WILDCARDS, unknownLogin('%')]) {
    const rows = await probe(deps, columns, login)
    if (rows.length > 0) refuseFound('a login that is a wildcard')
  }
}

export const probeLookalikes = async (
  deps: CheckDeps,
  columns: ColumnNames,
  samples: readonly Sample[],
): Promise<void> => {
  for (const sample of samples.slice(0, PROBED)) {
    for (const login of lookalikesOf(sample.login)) {
      if (!deps.unchecked && !deps.hasTime()) return
      const rows = await probe(deps, columns, login)
      if (rows.some((row) => isSame(row, columns, sample))) {
        refuseFound('a login that only resembles its own')
      }
    }
  }
}
