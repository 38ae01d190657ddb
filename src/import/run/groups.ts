/** Checks that the groups of an import exist and take members, before users are added to them. */
import { AppError } from '../../errors/errors.ts'
import type { Group } from '../../okta/api/groups.ts'
import { NotGranted, OktaRejection } from '../../okta/errors/rejection.ts'
import { groupsOf, isEnabled, type Roles } from '../rows/roles.ts'
import type { SourceRow } from '../sources/source.ts'
import { printable } from '../../text/printable.ts'

/** By id; undefined if there is none. */
type Ask = (id: string) => Promise<Group | undefined | NotGranted>

const MAX_SHOWN = 10

const flawOf = (group: Group | undefined): string | undefined => {
  if (!group) return 'is the id of no group in this org'
  // Okta answers 501 to it at the creation of a user (help, "Create User").
  if (group.type === 'BUILT_IN' && group.name === 'Everyone') {
    return 'is the group Everyone, which all users are in already: leave it out'
  }
  return group.type === 'APP_GROUP'
    ? 'is a group of an application, which alone puts people into it'
    : undefined
}

export interface GroupCheck {
  /**
   * Asks Okta once for each group whether it takes members.
   * @returns what is wrong with the group
   */
  readonly flaw: (id: string) => Promise<string | undefined>
  /** @throws AppError `group_unknown`, which lists the wrong ones */
  readonly checkAll: (ids: ReadonlyMap<string, string>) => Promise<void>
}

/**
 * @param ask with its own token, whose scope need not be granted
 * @param warn is called once if it is not
 */
export const createGroupCheck = (ask: Ask, warn: (message: string) => void): GroupCheck => {
  const asked = new Map<string, Promise<string | undefined>>()
  let isGranted = true

  const stopAsking = ({ why }: NotGranted): void => {
    if (!isGranted) return
    isGranted = false
    warn(
      'The groups were not checked, since these credentials may not read groups (okta.groups.read). ' +
        `A wrong id shows when Okta refuses the first user with it. ${why}`,
    )
  }
  const check = async (id: string): Promise<string | undefined> => {
    try {
      const group = isGranted ? await ask(id) : undefined
      if (group instanceof NotGranted) stopAsking(group)
      const what = isGranted ? flawOf(group as Group | undefined) : undefined
      return what && `group "${printable(id)}" ${what}`
    } catch (err) {
      if (!(err instanceof OktaRejection)) throw err
      return `group "${printable(id)}" is refused by Okta: ${err.words}`
    }
  }
  const flaw: GroupCheck['flaw'] = (id) => {
    const answer = asked.get(id) ?? check(id)
    asked.set(id, answer)
    return answer
  }
  return {
    flaw,
    checkAll: async (ids) => {
      const all = [...ids].map(async ([id, where]) => [await flaw(id), where] as const)
      const wrong = (await Promise.all(all)).filter(([what]) => what !== undefined)
      if (wrong.length === 0) return
      const shown = wrong.slice(0, MAX_SHOWN).map(([what, where]) => `  ${where}: ${what ?? ''}`)
      const more = wrong.length - shown.length
      const lines = more > 0 ? [...shown, `  and ${more} more`] : shown
      throw new AppError('group_unknown', { detail: lines.join('\n') })
    },
  }
}

/** A column with more ids than this may be the wrong one; the rest is checked row by row. */
const MAX_AHEAD = 1_000

/**
 * The groups that an import names, as far as they can be known before its first row.
 * @param given by `--group`
 * @param rows all that can be read before the run starts
 * @returns each id with the option or line that names it first
 */
export const groupIdsAhead = async (
  given: readonly string[],
  rows: AsyncIterable<SourceRow> | Iterable<SourceRow>,
  roles: Roles,
): Promise<ReadonlyMap<string, string>> => {
  const ids = new Map(given.map((id) => [id, '--group']))
  for await (const row of rows) {
    if (!('fields' in row) || isEnabled(row.fields, roles) === false) continue
    const line = `line ${row.line}`
    for (const id of groupsOf(row.fields, roles)) ids.set(id, ids.get(id) ?? line)
    if (ids.size > MAX_AHEAD) break
  }
  return ids
}
