/** Who caused an event of the System Log, and from where: the parts `actor` and `client` of an event. */
import type { OrgContext } from '../http/request.ts'
import { ADMIN_ACTOR } from '../org/admin.ts'

export interface LogActor {
  readonly id: string
  readonly type: 'User' | 'PublicClientApp' | 'SystemPrincipal'
  readonly alternateId: string
  readonly displayName: string
}

export interface LogClient {
  readonly ipAddress: string
  readonly userAgent?: string | undefined
  /** Of the app whose token was used. */
  readonly id?: string | undefined
}

export interface LogSource {
  /** `target`: the user whom the event is about. */
  readonly actor: LogActor | 'target'
  /** None if no HTTP request caused the event. */
  readonly client?: LogClient
}

export const SYSTEM_ACTOR: LogActor = {
  id: 'system',
  type: 'SystemPrincipal',
  alternateId: 'system@okta.com',
  displayName: 'Okta System',
}

/** Okta itself. */
export const SYSTEM: LogSource = { actor: SYSTEM_ACTOR }

const clientOf = (c: OrgContext): LogClient => ({
  ipAddress: c.env.incoming.socket.remoteAddress ?? '',
  userAgent: c.req.header('user-agent'),
})

/** A person who uses a page or the Authentication API, and is the target of the event. */
export const personSource = (c: OrgContext): LogSource => ({
  actor: 'target',
  client: clientOf(c),
})

/** An API call: the app of the token, or the admin whose API token it is. */
export const callSource = (c: OrgContext): LogSource => {
  const { clientId: id } = c.var
  if (id === undefined) return { actor: ADMIN_ACTOR, client: clientOf(c) }
  const actor = { id, type: 'PublicClientApp', alternateId: id, displayName: id } as const
  return { actor, client: { ...clientOf(c), id } }
}

const sourceKey = ({ actor, client }: LogSource): string =>
  JSON.stringify([actor === 'target' ? actor : actor.id, client])

/** Long enough for any browser's own. */
const MAX_AGENT_CHARS = 500

export const SOURCES = {
  keyOf: sourceKey,
  /** Without the client, since there are few actors. */
  whenFull: ({ actor }: LogSource): LogSource => ({ actor }),
}

/** The part `client` of an event as the API shows it; blank if no HTTP request caused it ("LogClient"). */
export const clientView = (client: LogClient | undefined): object => {
  if (!client) return {}
  const { ipAddress, userAgent = '', id } = client
  const rawUserAgent = userAgent.slice(0, MAX_AGENT_CHARS)
  return {
    userAgent: { rawUserAgent, os: 'Unknown', browser: 'UNKNOWN' },
    zone: 'null',
    device: 'Unknown',
    ...(id !== undefined && { id }),
    ipAddress,
  }
}
