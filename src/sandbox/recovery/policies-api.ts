/** The Policy API, as far as a migration needs it: how long reset links live, and who is locked out. */
import { Hono } from 'hono'
import * as z from 'zod'
import { notFound } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, parseAs, readJson, type OrgContext, type OrgEnv } from '../http/request.ts'
import { makeId } from '../ids.ts'
import type { Org } from '../org/org.ts'
import type { PasswordPolicy } from './policy.ts'

const PATH = '/api/v1/policies'
const ID = makeId('00p', 0)
const MAX_MINUTES = 5_256_000

/** What is not named here cannot be changed, and is ignored. */
const replacementSchema = z.object({
  type: z.literal('PASSWORD'),
  name: z.string().min(1).max(255),
  settings: z
    .object({
      password: z
        .object({
          lockout: z.object({ maxAttempts: z.int().min(0).max(100).optional() }).optional(),
        })
        .optional(),
      recovery: z
        .object({
          factors: z
            .object({
              okta_email: z
                .object({
                  properties: z
                    .object({
                      recoveryToken: z
                        .object({ tokenLifetimeMinutes: z.int().min(1).max(MAX_MINUTES) })
                        .optional(),
                    })
                    .optional(),
                })
                .optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
})

const replace = (policy: PasswordPolicy, body: unknown): void => {
  const { settings } = parseAs(replacementSchema, body, 'policy')
  const token = settings?.recovery?.factors?.okta_email?.properties?.recoveryToken
  policy.linkMinutes = token?.tokenLifetimeMinutes ?? policy.linkMinutes
  policy.maxAttempts = settings?.password?.lockout?.maxAttempts ?? policy.maxAttempts
}

const policyView = ({ linkMinutes, maxAttempts }: PasswordPolicy, origin: string, at: string) => ({
  id: ID,
  status: 'ACTIVE',
  name: 'Default Policy',
  description: 'The default policy applies in all situations if no other policy applies.',
  priority: 1,
  system: true,
  created: at,
  lastUpdated: at,
  type: 'PASSWORD',
  settings: {
    password: {
      complexity: { minLength: 8, minLowerCase: 1, minUpperCase: 1, minNumber: 1, minSymbol: 0 },
      lockout: { maxAttempts, autoUnlockMinutes: 0, showLockoutFailures: false },
    },
    recovery: {
      factors: {
        okta_email: {
          status: 'ACTIVE',
          properties: { recoveryToken: { tokenLifetimeMinutes: linkMinutes } },
        },
      },
    },
  },
  _links: { self: { href: `${origin}${PATH}/${ID}`, hints: { allow: ['GET', 'PUT'] } } },
})

export const policiesApi = ({ tokens, policy, wallClock }: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const createdAt = wallClock.iso()
  const mayRead = requireScope(tokens, 'okta.policies.read')
  const mayManage = requireScope(tokens, 'okta.policies.manage')
  const view = (c: OrgContext) => policyView(policy, originOf(c), createdAt)
  const show = (c: OrgContext) => {
    const id = c.req.param('id') ?? ''
    if (id !== ID) throw notFound(id, 'Policy')
    return c.json(view(c))
  }
  app.get(PATH, mayRead, (c) => {
    const { type } = parseAs(z.object({ type: z.string() }), c.req.query(), 'query')
    return c.json(type === 'PASSWORD' ? [view(c)] : [])
  })
  app.get(`${PATH}/:id`, mayRead, show)
  app.put(`${PATH}/:id`, mayManage, async (c) => {
    show(c)
    replace(policy, await readJson(c))
    return show(c)
  })
  return app
}
