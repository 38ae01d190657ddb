/** Creates, verifies and shows the event hook that tells of people who moved (`register --events`). */
import {
  findEventHooks,
  hasFilter,
  saveEventHook,
  verifyEventHook,
  type RegisteredEventHook,
  type EventHookSettings,
} from '../../okta/api/event-hooks.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { OktaRejection } from '../../okta/errors/rejection.ts'
import { printable } from '../../text/printable.ts'
import { withoutUser } from '../../http/url.ts'
import { tryFirst, type SafetyDeps } from './safety.ts'

export interface EventHookAction extends Omit<EventHookSettings, 'name'> {
  readonly kind: 'events'
  /** Whether the secret of a hook that is there already is sent again. */
  readonly isRotated: boolean
}

const NAME = 'People who moved'

const NO_FILTER = `
WARNING: This event hook has no filter, so Okta also sends the event of each password that the hook did not verify. Okta
sends 400,000 events in 24 hours to all event hooks of an org together, and no more. If the org can use filters (Early
Access: "event hook filtering"), switch them on and run: okta-migrate register --rotate --events URL
`

const UNVERIFIED = `
Okta sends nothing before the URL is verified. Check the URL, and that the hook server has EVENT_HOOK_SECRET; then run
the same command again.
`

const INACTIVE = `
It is switched off. Switch it on in the Admin Console: Workflow > Event Hooks.
`

const isVerified = ({ verificationStatus }: RegisteredEventHook): boolean =>
  verificationStatus === 'VERIFIED'
const isActive = ({ status }: RegisteredEventHook): boolean => status === 'ACTIVE'

const describeEventHook = (hook: RegisteredEventHook): string => {
  const { id, name, status, verificationStatus, events, channel } = hook
  const { uri, authScheme } = channel.config
  const how = authScheme?.key ? `by the header ${printable(authScheme.key)}` : 'NOT AT ALL'
  const outcome = hasFilter(hook) ? 'with the outcome SUCCESS only' : 'with any outcome'
  const url = withoutUser(uri)
  return `The event hook at this URL:
  name            ${printable(name)}
  id              ${printable(id)}
  status          ${printable(status)}, ${printable(verificationStatus)}
  URL             ${printable(url, 1024)}
  authenticates   ${how}
  events          ${events.items.map((item) => printable(item)).join(', ')}
                  ${outcome}
${hasFilter(hook) ? '' : NO_FILTER.replace('URL\n', `${printable(url, 1024)}\n`)}${isVerified(hook) ? '' : UNVERIFIED}${isActive(hook) ? '' : INACTIVE}`
}

const toEvent = (hook: RegisteredEventHook, done: string, detail: string | undefined): object => {
  const { id, name, status, verificationStatus: verification, events, channel } = hook
  const url = withoutUser(channel.config.uri)
  const about = { id, name, status, verification, url, types: events.items }
  return { event: 'event_hook', done, ...about, filtered: hasFilter(hook), detail }
}

/** @returns also why Okta did not get the answer that it wants */
const verify = async (client: OktaClient, hook: RegisteredEventHook) => {
  if (isVerified(hook)) return { hook }
  try {
    return { hook: await verifyEventHook(client, hook) }
  } catch (err) {
    if (!(err instanceof OktaRejection) || err.status !== 400) throw err
    return { hook, detail: err.detail }
  }
}

/** The event hook of a URL is one, however often this runs. @returns 0 if Okta sends events to it */
export const registerEvents = async (
  deps: SafetyDeps & { readonly client: OktaClient },
  { uri, key, secret, isRotated }: EventHookAction,
): Promise<number> => {
  const { client, options, print } = deps
  const known = (await findEventHooks(client)).find(({ channel }) => channel.config.uri === uri)
  const isSaved = !known || isRotated
  const settings = { name: options.name ?? known?.name ?? NAME, uri, key, secret }
  if (isSaved) await tryFirst(deps, { uri, auth: { type: 'header', key, value: secret } }, 'events')
  const saved = isSaved ? await saveEventHook(client, settings, known) : known
  const { hook, detail } = await verify(client, saved)
  const refused = detail === undefined ? '' : `Okta could not verify the URL: ${detail}\n`
  const done = isSaved ? (known ? 'rotated' : 'created') : 'found'
  print(refused + describeEventHook(hook), toEvent(hook, done, detail))
  return isVerified(hook) && isActive(hook) ? 0 : 1
}
