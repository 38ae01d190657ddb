/** Finds the column of the accounts that an option names. */
import { isSecretName } from '../../import/rows/columns.ts'
import type { Source } from '../../import/sources/source.ts'
import { AppError } from '../../errors/errors.ts'
import { printable } from '../../text/printable.ts'

type Input = Pick<Source, 'columns' | 'hasHeader'>

/**
 * JSON lines may leave a column out where it has no value, so of them any name is taken.
 * @throws AppError `columns_missing`
 */
export const namedColumn = (
  { columns, hasHeader }: Input,
  option: string,
  name: string | undefined,
): string | undefined => {
  if (name === undefined) return undefined
  const found = columns.find((column) => column.toLowerCase() === name.toLowerCase())
  if (found !== undefined || !hasHeader) return found ?? name
  const shown = columns.map((column) => printable(column, 40)).join(', ')
  const detail = `  There is no column "${name}" for ${option}; there are: ${shown}.`
  throw new AppError('columns_missing', { detail })
}

/**
 * The values of such a column are shown.
 * @param own columns that name a person, or hold a hash
 * @throws AppError `columns_missing`, `usage_invalid`
 */
export const shownColumn = (
  input: Input,
  option: string,
  name: string | undefined,
  own: readonly string[],
): string | undefined => {
  const column = namedColumn(input, option, name)
  if (column === undefined || !(own.includes(column) || isSecretName(column))) return column
  const detail = `${option} must name a column whose values can be shown, and that many people share; "${printable(column, 40)}" is none. An example: ${option} department.`
  throw new AppError('usage_invalid', { detail })
}
