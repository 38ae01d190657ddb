/** What routes read of a request: its text, JSON, query and origin, checked against schemas. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { parseJson } from '../../text/parse-json.ts'
import { OktaError } from './errors.ts'

export interface OrgEnv {
  Bindings: HttpBindings
  Variables: {
    requestId: string
    /** Of the app whose token was used; none for an API token. */
    clientId: string | undefined
  }
}

export type OrgContext = Context<OrgEnv>
export type OrgMiddleware = MiddlewareHandler<OrgEnv>

/** Scheme and host as the caller wrote them, so that links work for the caller. */
export const originOf = (c: OrgContext): string => new URL(c.req.url).origin

const MAX_BODY_BYTES = 1024 * 1024

const readChunks = async (body: ReadableStream<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    // Read to the end, since callers read the answer only after they have sent all; but not kept.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (size > MAX_BODY_BYTES) throw new OktaError('E0000003')
  return Buffer.concat(chunks).toString()
}

/** @throws OktaError E0000003 beyond 1 MB */
export const readBodyText = async (c: OrgContext): Promise<string> => {
  const length = Number(c.req.header('content-length') ?? Infinity)
  if (length > MAX_BODY_BYTES) return c.req.raw.body ? readChunks(c.req.raw.body) : ''
  return c.req.text()
}

/** @throws OktaError E0000021 or E0000003 */
export const readJson = async (c: OrgContext): Promise<unknown> => {
  const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') throw new OktaError('E0000021')
  const json = parseJson(await readBodyText(c))
  if (json === undefined) throw new OktaError('E0000003')
  return json
}

/**
 * Checks a body or a query against its schema.
 * @throws OktaError E0000001 with each field that is wrong, never with its value
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

/** A query parameter that is true or false. */
export const flag = (byDefault: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(byDefault)
