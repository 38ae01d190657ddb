/** Compares the columns of an import with the attributes of the org's profiles. */
import { loadSettings } from '../../config/load.ts'
import { checkColumns } from '../../import/rows/check-columns.ts'
import { createAttributes } from '../../import/rows/attributes.ts'
import { createColumns } from '../../import/rows/columns.ts'
import { readAhead } from '../../import/sources/read-ahead.ts'
import { readUserSchema, SCHEMA_SCOPES } from '../../okta/api/user-schema.ts'
import { ifGranted, NotGranted } from '../../okta/errors/rejection.ts'
import { readText } from '../context.ts'
import { openSource, SOURCE } from '../import/input.ts'
import type { OrgDeps } from './org-deps.ts'
import type { Found } from './table.ts'

const NO_COLUMNS: Found = {
  level: 'unknown',
  text: 'Name the file of the import with --file, or set LEGACY_USERS_SQL, to compare its columns.',
}

/** The hook knows the flag by this name. */
const ROLES = { enabled: 'enabled' }

/** @throws AppError `columns_unclear`, as an import with these columns */
export const checkSchema = async (
  { context, options, client }: OrgDeps,
  signal: AbortSignal,
): Promise<readonly Found[]> => {
  const { file, map } = options
  const { query } = loadSettings(SOURCE, context.env, readText).settings
  if (file === undefined && !query) return [NO_COLUMNS]
  const own = client(signal).withScopes(SCHEMA_SCOPES)
  const found = await ifGranted(() => readUserSchema((what) => own.request(what)))
  if (found instanceof NotGranted)
    return [{ level: 'unknown', text: `The schema could not be read: ${found.why}` }]
  const attributes = createAttributes(found, { areAll: true })
  const opened = await openSource(file, query, context.stdin, [...map.values()])
  try {
    const { first, source } = await readAhead(opened)
    const ignore = new Set(options.ignore)
    const mapping = { map, ignore, fields: [], roles: ROLES, attributes }
    const columns = createColumns(mapping)
    checkColumns({ source, columns, mapping, required: attributes.required, asked: [], first })
    const text = `The org knows all ${source.columns.length} columns, and has ${found.size} attributes.`
    return [{ level: 'ok', text }]
  } finally {
    opened.close()
  }
}
