/** Owns the check of groups before anybody is put into them: that each is there, and takes members. */
import { AppError } from '../../errors/errors.ts'
import { NotGranted } from '../../okta/errors/rejection.ts'
import type { Group } from '../../okta/api/groups.ts'
import { OktaRejection } from '../../okta/errors/rejection.ts'
import { printable } from '../../text/printable.ts'

/** By id; undefined where there is none. */
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
   * Whether Okta would take members for it, asked once a group.
   * @returns what is wrong with it
   */
  readonly flaw: (id: string) => Promise<string | undefined>
  /** @throws AppError `group_unknown`, which names each that is wrong */
  readonly checkAll: (ids: ReadonlyMap<string, string>) => Promise<void>
}

/**
 * @param ask with a token of its own: it may not be granted
 * @param warn is told once where it is not
 */
export const createGroupCheck = (ask: Ask, warn: (message: string) => void): GroupCheck => {
  const asked = new Map<string, Promise<string | undefined>>()
  let isGranted = true

  const stopAsking = ({ why }: NotGranted): void => {
    if (!isGranted) return
    isGranted = false
    warn(
      'Whether the groups are there was not checked, since Okta does not let these credentials ask ' +
        `(okta.groups.read): a wrong id shows when the first user is refused. ${why}`,
    )
  }
  const look = async (id: string): Promise<string | undefined> => {
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
  const flaw = (id: string): Promise<string | undefined> => {
    const answer = asked.get(id) ?? look(id)
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
