/** The event hooks of an org, and their rules ("Event Hooks" in the Okta Management API). */
import * as z from 'zod'
import { invalid, notFound } from '../http/errors.ts'
import { makeId } from '../ids.ts'
import type { LogEvent } from '../log/system-log.ts'
import type { LogTarget } from '../log/columns.ts'
import { ADMIN_ID } from '../org/admin.ts'
import { configView, httpChannel } from '../org/hooks.ts'
import { parseEventFilter } from './filter.ts'

/** "Event hooks": active and verified ones. The sandbox counts all. */
const MAX_HOOKS = 25

const filterSchema = z.object({
  type: z.literal('EXPRESSION_LANGUAGE').default('EXPRESSION_LANGUAGE'),
  eventFilterMap: z
    .array(
      z.object({
        event: z.string(),
        condition: z.object({ expression: z.string().max(1024), version: z.string().nullish() }),
      }),
    )
    .default([]),
})

/** Okta knows which types are eligible; here it is all but those about event hooks, which would go on for ever. */
const eventType = z
  .string()
  .regex(/^(?!event_hook\.)\w+(\.\w+)+$/, { error: 'Is not eligible for event hooks' })

export const eventHookSchema = z.object({
  name: z.string().min(1).max(255),
  description: z.string().max(1024).nullish(),
  events: z.object({
    type: z.literal('EVENT_TYPE'),
    items: z.array(eventType).min(1),
    filter: filterSchema.nullish(),
  }),
  channel: httpChannel,
})

type EventHookSettings = z.output<typeof eventHookSchema>

export interface EventHook {
  readonly id: string
  readonly created: string
  /** Scheme and host that the caller used, for the `source` of deliveries. */
  readonly origin: string
  settings: EventHookSettings
  /** Which events it wants, from its settings. */
  wants: (event: LogEvent) => boolean
  status: 'ACTIVE' | 'INACTIVE'
  verificationStatus: 'VERIFIED' | 'UNVERIFIED'
  lastUpdated: string
}

export const eventHookHref = ({ origin, id }: EventHook): string =>
  `${origin}/api/v1/eventHooks/${id}`

export const eventHookTarget = ({ id, settings: { name } }: EventHook): LogTarget => ({
  id,
  type: 'Event Hook',
  alternateId: name,
})

/** The hook as the API shows it, without its secret. */
export const eventHookView = (hook: EventHook): object => {
  const { id, status, verificationStatus, created, lastUpdated } = hook
  const { name, description = null, events, channel } = hook.settings
  const href = eventHookHref(hook)
  const to = (operation: string) => ({
    href: `${href}/lifecycle/${operation}`,
    hints: { allow: ['POST'] },
  })
  return {
    ...{ id, status, verificationStatus, name, description },
    ...{ created, createdBy: ADMIN_ID, lastUpdated },
    events: { filter: null, ...events },
    channel: { type: channel.type, version: channel.version, config: configView(channel) },
    _links: {
      self: { href },
      verify: to('verify'),
      ...(status === 'ACTIVE' ? { deactivate: to('deactivate') } : { activate: to('activate') }),
    },
  }
}

/** @throws OktaError E0000001 for a filter that is not simulated */
const compile = ({ events: { items, filter } }: EventHookSettings) => {
  const conditions = (filter?.eventFilterMap ?? []).map(({ event, condition }) => ({
    event,
    fits: parseEventFilter(condition.expression),
  }))
  return (event: LogEvent): boolean =>
    items.includes(event.eventType) &&
    conditions.every((one) => one.event !== event.eventType || one.fits(event))
}

export const createEventHookStore = () => {
  const hooks = new Map<string, EventHook>()
  let count = 0
  return {
    /** @throws OktaError E0000001 for too many hooks, or a filter that is not simulated */
    add(settings: EventHookSettings, origin: string, now: string): EventHook {
      if (hooks.size >= MAX_HOOKS) throw invalid('eventHook', 'The org has as many as it can')
      const wants = compile(settings)
      const hook: EventHook = {
        ...{ id: makeId('who', count++), origin, settings, wants },
        ...{ status: 'ACTIVE', verificationStatus: 'UNVERIFIED' },
        ...{ created: now, lastUpdated: now },
      }
      hooks.set(hook.id, hook)
      return hook
    },
    /** @throws OktaError E0000001 for a filter that is not simulated */
    replace(hook: EventHook, settings: EventHookSettings): void {
      const wants = compile(settings)
      const isElsewhere = JSON.stringify(settings.channel) !== JSON.stringify(hook.settings.channel)
      if (isElsewhere) hook.verificationStatus = 'UNVERIFIED'
      Object.assign(hook, { settings, wants })
    },
    /** @throws OktaError E0000007 */
    get(id: string): EventHook {
      const hook = hooks.get(id)
      if (!hook) throw notFound(id, 'EventHook')
      return hook
    },
    list: (): EventHook[] => [...hooks.values()],
    remove: ({ id }: EventHook): void => void hooks.delete(id),
    /** Whether it gets events. */
    isLive: (hook: EventHook): boolean =>
      hooks.get(hook.id) === hook &&
      hook.status === 'ACTIVE' &&
      hook.verificationStatus === 'VERIFIED',
  }
}

export type EventHookStore = ReturnType<typeof createEventHookStore>
