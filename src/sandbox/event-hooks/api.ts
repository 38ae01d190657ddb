/** The Event Hooks API: register, verify, change and delete hooks that are told of events. */
import { Hono } from 'hono'
import { invalid } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, parseAs, readJson, type OrgContext, type OrgEnv } from '../http/request.ts'
import { callSource } from '../log/source.ts'
import type { EventType } from '../log/system-log.ts'
import type { Org } from '../org/org.ts'
import type { Switches } from '../switches.ts'
import type { Delivery } from './delivery.ts'
import { eventHookSchema, eventHookTarget, eventHookView, type EventHook } from './hooks.ts'
import { verifyEndpoint } from './verify.ts'

const PATH = '/api/v1/eventHooks'
export const DELIVERIES_PATH = '/sandbox/deliveries'

const readSettings = async (c: OrgContext, { eventFilters }: Switches) => {
  const settings = parseAs(eventHookSchema, await readJson(c), 'eventHook')
  if (settings.events.filter && eventFilters === 'refused') {
    throw invalid('filter', 'Is not available in this org')
  }
  return settings
}

export const eventHooksApi = ({ eventHooks, tokens, wallClock, clock, log, switches }: Org) => {
  const app = new Hono<OrgEnv>()
  const mayRead = requireScope(tokens, 'okta.eventHooks.read')
  const mayManage = requireScope(tokens, 'okta.eventHooks.manage')

  const hookAt = (c: OrgContext): EventHook => eventHooks.get(c.req.param('id') ?? '')
  const settingsIn = (c: OrgContext) => readSettings(c, switches.current)
  const write = (c: OrgContext, hook: EventHook, eventType: EventType, reason?: string): void => {
    const [target, source] = [eventHookTarget(hook), callSource(c)]
    log.write({ eventType, isSuccess: reason === undefined, reason, target, source })
  }
  const changed = (c: OrgContext, hook: EventHook, eventType: EventType) => {
    hook.lastUpdated = wallClock.iso()
    write(c, hook, eventType)
    return c.json(eventHookView(hook))
  }

  app.get(PATH, mayRead, (c) => c.json(eventHooks.list().map(eventHookView)))
  app.post(PATH, mayManage, async (c) => {
    const hook = eventHooks.add(await settingsIn(c), originOf(c), wallClock.iso())
    return changed(c, hook, 'event_hook.created')
  })
  app.get(`${PATH}/:id`, mayRead, (c) => c.json(eventHookView(hookAt(c))))
  app.put(`${PATH}/:id`, mayManage, async (c) => {
    const settings = await settingsIn(c)
    const hook = hookAt(c)
    eventHooks.replace(hook, settings)
    return changed(c, hook, 'event_hook.updated')
  })
  app.delete(`${PATH}/:id`, mayManage, (c) => {
    const hook = hookAt(c)
    if (hook.status !== 'INACTIVE') throw invalid('status', 'Deactivate the hook first')
    eventHooks.remove(hook)
    write(c, hook, 'event_hook.deleted')
    return c.body(null, 204)
  })
  app.post(`${PATH}/:id/lifecycle/verify`, mayManage, async (c) => {
    const hook = hookAt(c)
    const { channel } = hook.settings
    const failure = await verifyEndpoint(hook, clock)
    if (failure !== undefined) {
      write(c, hook, 'event_hook.verified', failure)
      throw invalid('uri', `Is not verified: ${failure}`)
    }
    // Another call may have pointed the hook elsewhere meanwhile.
    if (hook.settings.channel === channel) hook.verificationStatus = 'VERIFIED'
    return changed(c, hook, 'event_hook.verified')
  })
  const turn = (to: 'activate' | 'deactivate', status: EventHook['status']): void => {
    app.post(`${PATH}/:id/lifecycle/${to}`, mayManage, (c) => {
      const hook = hookAt(c)
      hook.status = status
      return changed(c, hook, `event_hook.${to}d`)
    })
  }
  turn('activate', 'ACTIVE')
  turn('deactivate', 'INACTIVE')
  return app
}

/** What happened to the events that hooks want. Not part of Okta's API. */
export const deliveriesApi = (delivery: Delivery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(DELIVERIES_PATH, (c) => c.json(delivery.counts()))
  return app
}
