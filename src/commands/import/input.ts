/** Opens the input of an import: a file, a stream or the legacy database. */
import type { SettingsSpec } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { openInputFile, openStream } from '../../import/sources/file.ts'
import { openSqlSource } from '../../import/sources/sql/sql-source.ts'
import type { HashSettings } from '../../passwords/registry.ts'
import { FORMAT_NAMES, parseTemplates } from '../hash-settings.ts'
import type { CommandContext } from '../context.ts'
import { readAhead, type Ahead } from '../../import/sources/read-ahead.ts'
import type { Roles } from '../../import/rows/roles.ts'
import type { Source } from '../../import/sources/source.ts'
import type { ImportOptions } from './options.ts'

const NAMES = ['LEGACY_DB_URL', 'LEGACY_DB_CA', 'LEGACY_USERS_SQL', ...FORMAT_NAMES] as const

/** Undefined if there is no query: the rows then come from a file. */
type Query =
  { readonly url: string; readonly ca: string | undefined; readonly sql: string } | undefined

interface SourceSettings {
  readonly query: Query
  /** For hashes that do not say how they were made. */
  readonly templates: HashSettings['templates']
}

export const SOURCE: SettingsSpec<(typeof NAMES)[number], SourceSettings> = {
  names: NAMES,
  parse: (input) => {
    const { LEGACY_DB_URL: url, LEGACY_DB_CA: ca, LEGACY_USERS_SQL: sql } = input.values
    const query = url === undefined || sql === undefined ? undefined : { url, ca, sql }
    return { query, templates: parseTemplates(input) }
  },
}

export const openSource = async (
  file: string | undefined,
  query: Query,
  stdin: CommandContext['stdin'],
  paths: readonly string[],
): Promise<Source> => {
  if (file === '-') return openStream(stdin, undefined, paths)
  if (file !== undefined) return openInputFile(file, paths)
  if (query) return openSqlSource(query, query.sql)
  throw new AppError('usage_invalid', {
    detail: 'Name a file, - for standard input, or set LEGACY_DB_URL and LEGACY_USERS_SQL.',
  })
}

/** Of a stream nothing is read ahead: it may be slow. */
export const lookAhead = (file: string | undefined, source: Source): Promise<Ahead> =>
  file === '-' ? Promise.resolve({ first: [], source }) : readAhead(source)

/** Announces a flag that no option has named. */
export const flagNotice = (
  columns: readonly string[],
  { enabled = '' }: Roles,
  { disabled }: ImportOptions,
): string | undefined => {
  if (!columns.includes(enabled)) return undefined
  const what = disabled === 'skip' ? 'skipped' : 'created, but not active'
  return (
    `The column "${enabled}" says who may sign in: people who may not are ${what}. ` +
    `If it means something else: --ignore "${enabled}", or --map "NAME=${enabled}".`
  )
}
