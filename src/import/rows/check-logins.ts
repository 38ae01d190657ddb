/** Checks whether the org accepts logins of the form that the first rows have. */
import { AppError } from '../../errors/errors.ts'
import type { Columns } from './columns.ts'
import { Flaws } from './read-value.ts'
import type { ProfileAttributes } from './attributes.ts'
import type { SourceRow, Value } from '../sources/source.ts'

/** A single row may be wrong for its own reason. */
const MIN_ROWS = 2

const valueFor = (name: string, row: SourceRow, columns: Columns): Value | undefined => {
  if (!('fields' in row)) return undefined
  const isMeant = (column: string): boolean => {
    const use = columns.useOf(column)
    return use.kind === 'profile' && use.names.includes(name)
  }
  return [...row.fields].find(([column]) => isMeant(column))?.[1]
}

/**
 * @param first rows that were read ahead
 * @throws AppError `logins_refused` if all of them are refused for the same reason
 */
export const checkLogins = (
  first: readonly SourceRow[],
  columns: Columns,
  { areAll, get }: ProfileAttributes,
): void => {
  const login = get('login')
  if (!areAll || !login) return
  const values = first
    .map((row) => valueFor('login', row, columns) ?? valueFor('email', row, columns))
    .filter((value) => value !== undefined)
  const flaws = values.map((value) => {
    const found = login.read(value)
    return found instanceof Flaws ? found.all : []
  })
  const common = flaws[0]?.filter((what) => flaws.every((each) => each.includes(what))) ?? []
  if (values.length < MIN_ROWS || common.length === 0) return
  throw new AppError('logins_refused', {
    detail: `In all of the first ${values.length} rows, ${columns.label('login')} ${common.join('; ')}.`,
  })
}
