/** The Inline Hooks API: register, change, try and delete hooks. */
import { Hono } from 'hono'
import * as z from 'zod'
import { invalid, OktaError } from '../http/errors.ts'
import type { HookCaller, HookOutcome } from '../hook-call.ts'
import {
  hookCreationSchema,
  hookView,
  mergeChannel,
  channelSchema,
  replaceSchema,
  updateSchema,
  type Hook,
} from '../org/hooks.ts'
import { callSource } from '../log/source.ts'
import { hookTarget } from '../log/system-log.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, parseAs, readJson, type OrgContext, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'

const PATH = '/api/v1/inlineHooks'

type Failure = Exclude<HookOutcome, { kind: 'decided' }>

const CODES = {
  unusable: 'E0000135',
  unreachable: 'E0000134',
  timeout: 'E0000137',
} as const satisfies Record<Failure['kind'], string>

export const hooksApi = (org: Org, callHook: HookCaller): Hono<OrgEnv> => {
  const { hooks, tokens, wallClock, log } = org
  const app = new Hono<OrgEnv>()
  const mayRead = requireScope(tokens, 'okta.inlineHooks.read')
  const mayManage = requireScope(tokens, 'okta.inlineHooks.manage')

  const hookAt = (c: OrgContext): Hook => hooks.get(c.req.param('id') ?? '')
  const show = (c: OrgContext, hook: Hook) => c.json(hookView(hook, originOf(c)))
  const change = (c: OrgContext, hook: Hook, what: Partial<Hook>) =>
    show(c, Object.assign(hook, what, { lastUpdated: wallClock.iso() }))

  app.get(PATH, mayRead, (c) =>
    c.json(hooks.list(c.req.query('type')).map((hook) => hookView(hook, originOf(c)))),
  )
  app.post(PATH, mayManage, async (c) => {
    const hook = parseAs(hookCreationSchema, await readJson(c), 'inlineHook')
    return show(c, hooks.add(hook, wallClock.iso()))
  })
  app.get(`${PATH}/:id`, mayRead, (c) => show(c, hookAt(c)))
  app.put(`${PATH}/:id`, mayManage, async (c) => {
    const { name, channel } = parseAs(replaceSchema, await readJson(c), 'inlineHook')
    return change(c, hookAt(c), { name, channel })
  })
  app.post(`${PATH}/:id`, mayManage, async (c) => {
    const update = parseAs(updateSchema, await readJson(c), 'inlineHook')
    const hook = hookAt(c)
    const merged = update.channel ? mergeChannel(hook.channel, update.channel) : hook.channel
    const channel = parseAs(channelSchema, merged, 'channel')
    return change(c, hook, { name: update.name ?? hook.name, channel })
  })
  app.delete(`${PATH}/:id`, mayManage, (c) => {
    const hook = hookAt(c)
    if (hook.status !== 'INACTIVE') throw invalid('status', 'Deactivate the hook first')
    hooks.remove(hook)
    return c.body(null, 204)
  })
  const turn = (to: 'activate' | 'deactivate', status: Hook['status']): void => {
    app.post(`${PATH}/:id/lifecycle/${to}`, mayManage, (c) => {
      const hook = hookAt(c)
      const [target, source] = [hookTarget(hook), callSource(c)]
      log.write({ eventType: `inline_hook.${to}d`, isSuccess: true, target, source })
      return change(c, hook, { status })
    })
  }
  turn('activate', 'ACTIVE')
  turn('deactivate', 'INACTIVE')
  app.post(`${PATH}/:id/execute`, mayManage, async (c) => {
    const payload = parseAs(z.looseObject({}), await readJson(c), 'payload')
    const { outcome } = await callHook(hookAt(c).channel, payload)
    if (outcome.kind === 'decided') return c.json(outcome.body as object)
    // 400 as in the API's description; the error code reference has 502 and 504 for these codes.
    throw new OktaError(CODES[outcome.kind], { causes: [outcome.why], status: 400 })
  })
  return app
}
