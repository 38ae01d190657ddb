/** Checks the columns of the input before anything is sent. */
import { AppError } from '../../errors/errors.ts'
import type { Columns, Mapping } from './columns.ts'
import type { Source, SourceRow } from '../sources/source.ts'

export interface ColumnsCheck {
  readonly source: Pick<Source, 'columns' | 'hasHeader' | 'nested'>
  readonly columns: Columns
  readonly mapping: Mapping
  /** Attributes, and fields of the mode. */
  readonly required: readonly string[]
  /** The options that name a column, each with its column. */
  readonly asked: readonly (readonly [option: string, column: string])[]
  /** Rows that were read ahead; none of a stream. */
  readonly first: readonly SourceRow[]
}

/** JSON lines may omit a column without a value, but hardly all of the first rows do. */
const absentFrom = ({ source, asked, first }: ColumnsCheck): string[] => {
  const inRows = first.flatMap((row) => ('fields' in row ? [...row.fields.keys()] : []))
  const seen = new Set(source.hasHeader ? source.columns : inRows)
  return asked
    .filter(([, column]) => seen.size > 0 && !seen.has(column))
    .map(([option, column]) => `${option} "${column}": there is no column "${column}"`)
}

const missingFrom = ({ source, columns, mapping, required }: ColumnsCheck): string[] => {
  const uses = source.columns.map((column) => columns.useOf(column))
  const given = new Set(uses.flatMap((use) => ('names' in use ? use.names : [])))
  if (given.has('email')) given.add('login')
  const absent = [...mapping.map].filter(([, column]) => !source.columns.includes(column))
  return [
    ...absent.map(([name, column]) => `--map "${name}=${column}": there is no column "${column}"`),
    ...required
      .filter((name) => !given.has(name) && !mapping.map.has(name))
      .map((name) => `there is no column "${name}", which is required, and none is mapped to it`),
  ]
}

/**
 * @returns notices on the columns that require no action
 * @throws AppError `columns_unclear`, whose detail lists every unclear column with the option that it needs
 */
export const checkColumns = (check: ColumnsCheck): string[] => {
  const { source, columns } = check
  const uses = source.columns.map((column) => ({ column, use: columns.useOf(column) }))
  const problems = [
    ...uses.flatMap(({ use }) => (use.kind === 'unclear' ? [use.problem] : [])),
    // JSON lines may omit columns without a value, so their first row proves nothing.
    ...(source.hasHeader ? missingFrom(check) : []),
    ...absentFrom(check),
  ]
  if (problems.length > 0) {
    const detail = problems.map((problem) => `  ${problem}`).join('\n')
    throw new AppError('columns_unclear', { detail })
  }
  const nested = (source.nested ?? []).filter((column) => columns.useOf(column).kind !== 'left out')
  return [
    ...uses.flatMap(({ column, use }) =>
      use.kind === 'left out' && use.secret
        ? [`The column "${column}" holds secrets that this mode does not send: it is left out.`]
        : [],
    ),
    ...nested.map(
      (column) =>
        `"${column}" holds nested values, which are left out. To use one of them, map its path, ` +
        `such as --map "name=${column}.…".`,
    ),
  ]
}
