/** Owns what one sandbox is made of, and the little that every route of it needs. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import * as z from 'zod'
import type { Clock } from '../../clock.ts'
import { OktaError } from '../http/errors.ts'
import type { FaultSwitch } from '../http/faults.ts'
import type { OrgGroups } from './groups.ts'
import type { HookStore } from './hooks.ts'
import type { SystemLog } from './system-log.ts'
import { covers, type Grant, type Scope, type Tokens } from './tokens.ts'
import type { UserTypes } from './user-types.ts'
import type { UserStore } from './users.ts'
import type { SimulatedClock } from '../simulated-clock.ts'

export interface Org {
  readonly clock: Clock
  readonly wall: SimulatedClock
  readonly faults: FaultSwitch
  readonly users: UserStore
  readonly hooks: HookStore
  readonly log: SystemLog
  readonly tokens: Tokens
  readonly groups: OrgGroups
  readonly userTypes: UserTypes
}

export interface OrgEnv {
  Bindings: HttpBindings
  Variables: { requestId: string }
}

export type OrgMiddleware = MiddlewareHandler<OrgEnv>

/** Scheme and host, as the caller wrote them: links lead back the same way. */
export const originOf = (c: Context<OrgEnv>): string => new URL(c.req.url).origin

/** From support.okta.com, "insufficient_scope error when making a request". */
const insufficient = ({ scheme }: Grant, scope: Scope, url: string): string => {
  const { origin, pathname } = new URL(url)
  return (
    `${scheme} authorization_uri="${origin}/oauth2/v1/authorize", realm="${origin}", ` +
    `scope="${scope}", error="insufficient_scope", ` +
    `error_description="The access token provided does not contain the required scopes.", ` +
    `resource="${pathname}"`
  )
}

/** Lets a call on whose token has the scope. */
export const may =
  (tokens: Tokens, scope: Scope): OrgMiddleware =>
  async (c, next) => {
    const { origin, pathname } = new URL(c.req.url)
    const call = {
      authorization: c.req.header('authorization'),
      proof: c.req.header('dpop'),
      method: c.req.method,
      url: origin + pathname,
    }
    const grant = await tokens.check(call)
    if (!covers(grant, scope)) {
      c.env.outgoing.setHeader('www-authenticate', insufficient(grant, scope, call.url))
      throw new OktaError('E0000006')
    }
    await next()
  }

const MAX_BODY_BYTES = 1024 * 1024

const readChunks = async (body: ReadableStream<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    // Read to its end, since the caller hears no answer before; but not kept.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (size > MAX_BODY_BYTES) throw new OktaError('E0000003')
  return Buffer.concat(chunks).toString()
}

/** @throws OktaError E0000003 beyond 1 MB */
export const readBodyText = async (c: Context<OrgEnv>): Promise<string> => {
  const length = Number(c.req.header('content-length') ?? Infinity)
  if (length > MAX_BODY_BYTES) return c.req.raw.body ? readChunks(c.req.raw.body) : ''
  return c.req.text()
}

/** @throws OktaError E0000021 or E0000003 */
export const readJson = async (c: Context<OrgEnv>): Promise<unknown> => {
  const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') throw new OktaError('E0000021')
  const text = await readBodyText(c)
  try {
    return JSON.parse(text)
  } catch {
    throw new OktaError('E0000003')
  }
}

/**
 * Holds a body or a query to its schema.
 * @throws OktaError E0000001, with each field that is wrong, never its value
 */
export const parseAs = <T extends z.ZodType>(
  schema: T,
  given: unknown,
  what: string,
): z.output<T> => {
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  const causes = error.issues.map(({ path, message }) => `${path.join('.') || what}: ${message}`)
  throw new OktaError('E0000001', { what, causes })
}

/** A query parameter that says yes or no. */
export const flag = (byDefault: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(byDefault)
