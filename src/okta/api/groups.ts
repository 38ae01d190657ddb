/** Owns the reading of a group by its id (Okta Management API, "Groups"). */
import * as z from 'zod'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../client/client.ts'
import { orMissing } from './known-users.ts'

export const GROUP_SCOPES = ['okta.groups.read'] as const

const schema = z.object({
  id: z.string(),
  /** OKTA_GROUP, APP_GROUP, whose members come from elsewhere, or BUILT_IN, such as Everyone. */
  type: z.string(),
  profile: z.object({ name: z.string().catch('') }).catch({ name: '' }),
})

export interface Group {
  readonly id: string
  readonly type: string
  readonly name: string
}

/** @returns undefined where the org has no such group */
export const getGroup = async (
  request: OktaClient['request'],
  id: string,
): Promise<Group | undefined> => {
  const path = `/api/v1/groups/${encodeURIComponent(id)}`
  const answer = await orMissing(request({ method: 'GET', path }))
  if (!answer) return undefined
  const { data } = schema.safeParse(answer.body)
  if (!data) throw new AppError('okta_answer_unusable', { detail: 'not a group' })
  return { id: data.id, type: data.type, name: data.profile.name }
}
