/** Reads how long a link to set a new password lives (Okta Management API, "List all policies"). */
import * as z from 'zod'
import type { OktaClient } from '../client/client.ts'
import { listItems } from '../client/pages.ts'
import { readAs } from '../errors/unusable-answer.ts'

export const POLICY_SCOPES = ['okta.policies.read'] as const

const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined)

const recoveryToken = z.object({ tokenLifetimeMinutes: optional(z.number()) })
const email = z.object({
  properties: optional(z.object({ recoveryToken: optional(recoveryToken) })),
})
const recovery = z.object({ factors: optional(z.object({ okta_email: optional(email) })) })

const schema = z.object({
  name: z.string().catch(''),
  status: z.string().catch(''),
  settings: optional(z.object({ recovery: optional(recovery) })),
})

export interface LinkLife {
  /** The name of the policy. */
  readonly policy: string
  readonly minutes: number
}

/** Of each active policy that says it. */
export const listLinkLives = async (client: OktaClient): Promise<LinkLife[]> => {
  const lives: LinkLife[] = []
  for await (const item of listItems(client, '/api/v1/policies?type=PASSWORD')) {
    const { name, status, settings } = readAs(schema, item, 'a policy')
    const token = settings?.recovery?.factors?.okta_email?.properties?.recoveryToken
    const minutes = token?.tokenLifetimeMinutes
    if (status === 'ACTIVE' && minutes !== undefined) lives.push({ policy: name, minutes })
  }
  return lives
}

/** Who the link is for is not known, so the shortest life is the one to count with. */
export const shortestLife = (lives: readonly LinkLife[]): LinkLife | undefined =>
  lives.toSorted((a, b) => a.minutes - b.minutes)[0]
