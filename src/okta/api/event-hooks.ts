/** Reads, registers and verifies event hooks in Okta (Okta Management API, "Event Hooks"). */
import * as z from 'zod'
import { MOVE_EVENTS } from '../../call-record.ts'
import type { OktaClient } from '../client/client.ts'
import { listItems } from '../client/pages.ts'
import { OktaRejection } from '../errors/rejection.ts'
import { readAs } from '../errors/unusable-answer.ts'

export const EVENT_HOOK_SCOPES = ['okta.eventHooks.manage'] as const

const PATH = '/api/v1/eventHooks'

const text = z.string().catch('')

/** The fields that this program uses. Okta's answers never contain secrets. */
const schema = z.object({
  id: z.string(),
  name: text,
  status: text,
  verificationStatus: text,
  events: z.object({
    items: z.array(z.string()).catch([]),
    filter: z
      .object({ eventFilterMap: z.array(z.object({ event: text })) })
      .nullish()
      .catch(undefined),
  }),
  channel: z.object({
    config: z.looseObject({ uri: text, authScheme: z.looseObject({ key: text }).nullish() }),
  }),
})

export type RegisteredEventHook = z.infer<typeof schema>

export interface EventHookSettings {
  readonly name: string
  readonly uri: string
  /** The header that carries the secret. */
  readonly key: string
  readonly secret: string
}

/** "Okta Expression Language and event hooks". */
const ONLY_SUCCESS = "event.outcome.result eq 'SUCCESS'"

const FILTER = {
  type: 'EXPRESSION_LANGUAGE',
  eventFilterMap: MOVE_EVENTS.map((event) => ({
    event,
    condition: { version: null, expression: ONLY_SUCCESS },
  })),
}

const bodyOf = ({ name, uri, key, secret }: EventHookSettings, isFiltered: boolean): object => ({
  name,
  events: { type: 'EVENT_TYPE', items: MOVE_EVENTS, filter: isFiltered ? FILTER : null },
  channel: {
    type: 'HTTP',
    version: '1.0.0',
    config: { uri, headers: [], authScheme: { type: 'HEADER', key, value: secret } },
  },
})

const readHook = (value: unknown): RegisteredEventHook => readAs(schema, value, 'an event hook')

const pathOf = ({ id }: RegisteredEventHook): string => `${PATH}/${encodeURIComponent(id)}`

/** Whether each of our events has a filter. */
export const hasFilter = ({ events }: RegisteredEventHook): boolean =>
  MOVE_EVENTS.every((type) => events.filter?.eventFilterMap.some(({ event }) => event === type))

export const findEventHooks = async (client: OktaClient): Promise<RegisteredEventHook[]> => {
  const hooks: RegisteredEventHook[] = []
  for await (const hook of listItems(client, PATH)) hooks.push(readHook(hook))
  return hooks
}

/**
 * Creates the event hook, or replaces one. Filters are an Early Access feature, and what an org without them answers is
 * documented nowhere: where it refuses the request with one, it is asked for the same without.
 * @throws OktaRejection such as for the 26th event hook of an org
 */
export const saveEventHook = async (
  client: OktaClient,
  settings: EventHookSettings,
  replaced?: RegisteredEventHook,
): Promise<RegisteredEventHook> => {
  const send = async (isFiltered: boolean): Promise<RegisteredEventHook> => {
    const target = replaced
      ? ({ method: 'PUT', path: pathOf(replaced) } as const)
      : ({ method: 'POST', path: PATH } as const)
    return readHook((await client.request({ ...target, body: bodyOf(settings, isFiltered) })).body)
  }
  try {
    return await send(true)
  } catch (err) {
    if (!(err instanceof OktaRejection) || err.status !== 400) throw err
    return send(false)
  }
}

/**
 * Lets Okta ask the URL whether it expects the hook.
 * @throws OktaRejection (400) where it gave no answer, or another one
 */
export const verifyEventHook = async (
  client: OktaClient,
  hook: RegisteredEventHook,
): Promise<RegisteredEventHook> => {
  const path = `${pathOf(hook)}/lifecycle/verify`
  return readHook((await client.request({ method: 'POST', path })).body)
}
