/** One lookup as a sign-in would see it, for the checks. */
import { normaliseLogin } from '../../login.ts'
import type { ColumnNames } from './lookup-columns.ts'
import type { CheckDeps } from '../sql/driver.ts'
import { isUnfindable } from './failures.ts'
import { rowsOf, type Row } from '../sql/row.ts'

/** The rows that count for a login, as a sign-in would see them. */
export const lookUp = async (
  { ask, lookup, driver, unchecked }: CheckDeps,
  columns: ColumnNames,
  login: string,
): Promise<readonly Row[]> => {
  const values = lookup.valuesOf({ login: normaliseLogin(login), username: login.trim() })
  try {
    const { rows } = await ask((link) => link.query(lookup.text, values))
    return rowsOf(rows, columns, login, unchecked)
  } catch (err) {
    if (isUnfindable(err, driver)) return []
    throw err
  }
}
