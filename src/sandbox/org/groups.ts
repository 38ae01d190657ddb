/** The groups of an org: Everyone, and those from its settings ("Groups"). */
import { notFound, OktaError } from '../http/errors.ts'
import { makeId } from '../ids.ts'
import { textAttribute, type SearchAttribute } from './search.ts'

export interface GroupSettings {
  readonly name: string
  readonly description?: string
}

export interface OrgGroup {
  readonly id: string
  readonly type: 'BUILT_IN' | 'OKTA_GROUP'
  readonly profile: { readonly name: string; readonly description: string | null }
}

export const createOrgGroups = (settings: readonly GroupSettings[]) => {
  const everyone: OrgGroup = {
    id: makeId('00g', 0),
    type: 'BUILT_IN',
    profile: { name: 'Everyone', description: 'All users in your organization' },
  }
  const list: readonly OrgGroup[] = [
    everyone,
    ...settings.map(({ name, description = null }, index): OrgGroup => {
      const id = makeId('00g', index + 1)
      return { id, type: 'OKTA_GROUP', profile: { name, description } }
    }),
  ]
  /** @throws OktaError E0000007 */
  const get = (id: string): OrgGroup => {
    const group = list.find((one) => one.id === id)
    if (!group) throw notFound(id, 'UserGroup')
    return group
  }
  return {
    /** Everyone, then the others in the order of the settings. */
    list,
    get,
    /** @throws OktaError E0000007 for a group that does not exist, E0000060 for Everyone */
    checkNewMember(ids: readonly string[]): void {
      for (const id of ids) {
        // All users are members already, so Okta refuses it with 501 (help, "Create User").
        if (get(id) === everyone) throw new OktaError('E0000060')
      }
    },
  }
}

export const GROUP_ATTRIBUTES = new Map<string, SearchAttribute<OrgGroup>>([
  ['id', textAttribute(({ id }) => id)],
  ['type', textAttribute(({ type }) => type)],
  ['profile.name', textAttribute(({ profile }) => profile.name)],
  ['profile.description', textAttribute(({ profile }) => profile.description ?? undefined)],
])

/** The group as the Groups API shows it. */
export const groupView = (group: OrgGroup, origin: string, now: string): object => {
  const href = `${origin}/api/v1/groups/${group.id}`
  return {
    ...group,
    created: now,
    lastUpdated: now,
    lastMembershipUpdated: now,
    objectClass: ['okta:user_group'],
    _links: { self: { href }, users: { href: `${href}/users` }, apps: { href: `${href}/apps` } },
  }
}
