/** The probes of a check: logins that must find nobody, by which a loose comparison shows. */
import { codeOf, isTransient, sentenceOf } from '../../sql/failures.ts'
import type { Sample } from './audit-sample.ts'
import type { ColumnNames } from './lookup-columns.ts'
import type { CheckDeps } from '../sql/driver.ts'
import { unknownLogin } from '../sql/lookup.ts'
import { flagText } from '../../text/flag.ts'
import { valueIn, type Row } from '../sql/row.ts'
import { lookUp } from './trial.ts'

/** Real accounts whose lookalikes are looked up. */
const PROBED = 3

/** What must not find anybody; a statement that answers it with an error or too late is not to be trusted. */
const probe = async (
  deps: CheckDeps,
  columns: ColumnNames,
  login: string,
): Promise<readonly Row[]> => {
  try {
    return await lookUp(deps, columns, login)
  } catch (err) {
    const isNetwork = isTransient(err, { passing: /^$/ })
    throw isNetwork ? err : new TypeError(`a probe failed: ${sentenceOf(err)} (${codeOf(err)})`)
  }
}

export const refuseFound = (what: string): never => {
  throw new TypeError(
    `it found an account for ${what}, so that it would let in people with the passwords of others. ` +
      'Compare the whole login by =, and return the name that stands in the row',
  )
}

/** The login with one character of its local part replaced. */
const replaceOne = (login: string, sign: string): string =>
  login.replace(/(?<=^[^@])([^@])/su, (found) => (found === sign ? '-' : sign))

/** Logins that a comparison by pattern or by a part takes for the given one: LIKE, regular expressions, GLOB, left(). */
const lookalikesOf = (login: string): string[] =>
  [...['_', '.', '?'].map((sign) => replaceOne(login, sign)), `${login}x`].filter(
    (other) => other !== login,
  )

const isSame = (row: Row, columns: ColumnNames, { id, hash }: Sample): boolean => {
  const own = flagText(valueIn(row, columns, 'id'))
  const isId = own !== undefined && own === flagText(id)
  return isId || (hash !== '' && flagText(valueIn(row, columns, 'password_hash')) === hash)
}

/** For LIKE, regular expressions and GLOB. Nobody has such a login, as somebody may have a mere %. */
const WILDCARDS = ['%_%_%', '.*.+.*', '*?*?*']

/** That a row says whose it is does not prove that it says so truly: it may repeat what was typed. */
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
        refuseFound('another login that looks like its own')
      }
    }
  }
}
