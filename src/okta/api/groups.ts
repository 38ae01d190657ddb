/** Reads a group by its id (Okta Management API, "Groups"). */
import * as z from 'zod'
import type { RequestFn } from '../client/client.ts'
import { orMissing } from '../errors/rejection.ts'
import { readAs } from '../errors/unusable-answer.ts'

export const GROUP_SCOPES = ['okta.groups.read'] as const

const schema = z.object({
  id: z.string(),
  /** OKTA_GROUP; APP_GROUP, whose members an application provides; or BUILT_IN, such as Everyone. */
  type: z.string(),
  profile: z.object({ name: z.string().catch('') }).catch({ name: '' }),
})

export interface Group {
  readonly id: string
  readonly type: string
  readonly name: string
}

/** @returns undefined where the org has no such group */
export const getGroup = async (request: RequestFn, id: string): Promise<Group | undefined> => {
  const path = `/api/v1/groups/${encodeURIComponent(id)}`
  const answer = await orMissing(request({ method: 'GET', path }))
  if (!answer) return undefined
  const { profile, ...group } = readAs(schema, answer.body, 'a group')
  return { ...group, name: profile.name }
}
