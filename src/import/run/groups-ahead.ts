/** Owns the ids of groups that an import names, as far as they can be known before its first row. */
import { groupsOf, isEnabled, type Roles } from '../rows/roles.ts'
import type { SourceRow } from '../sources/source.ts'

/** Where a column holds more ids than this it is perhaps another one; the rest is asked about row by row. */
const MAX_AHEAD = 1_000

export type GroupIds = ReadonlyMap<string, string>

/**
 * @param given by `--group`
 * @param rows all that can be read before the run begins
 * @returns each id with the place that names it first
 */
export const groupIdsAhead = async (
  given: readonly string[],
  rows: AsyncIterable<SourceRow> | Iterable<SourceRow>,
  roles: Roles,
): Promise<GroupIds> => {
  const ids = new Map(given.map((id) => [id, '--group']))
  for await (const row of rows) {
    if (!('fields' in row) || isEnabled(row.fields, roles) === false) continue
    for (const id of groupsOf(row.fields, roles)) {
      if (!ids.has(id)) ids.set(id, `line ${row.line}`)
    }
    if (ids.size > MAX_AHEAD) break
  }
  return ids
}
