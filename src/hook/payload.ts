/** Reads Okta's payload (Okta Management API, "Create a password import inline hook"). */
import * as z from 'zod'
import { AppError } from '../errors/errors.ts'
import { readLogin, type TypedLogin } from '../login.ts'
import { parseJson } from '../text/parse-json.ts'

/** Okta's ids are short and printable; any other is dropped rather than logged. */
const loggableId = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .optional()
  .catch(undefined)

/** Longer than the longest host name and Okta's path. The time to parse a URL is not linear in its length. */
const MAX_SOURCE_LENGTH = 320

export const sourceSchema = z.string().max(MAX_SOURCE_LENGTH).optional().catch(undefined)

/**
 * Only what the decision needs is required, since Okta marks no field as required. The path of the sign-in
 * (`url.value`) differs between Okta's engines, so it is ignored.
 */
const schema = z.object({
  eventId: loggableId,
  eventType: z.literal('com.okta.user.credential.password.import'),
  source: sourceSchema,
  data: z.object({
    context: z.object({
      request: z.object({ id: loggableId }).optional().catch(undefined),
      credential: z.object({
        username: z.string().refine((username) => username.trim() !== ''),
        password: z.string(),
      }),
    }),
  }),
})

export interface PasswordImportCall {
  readonly eventId: string | undefined
  /** Okta's own request id, which its System Log carries too. */
  readonly oktaRequestId: string | undefined
  readonly source: string | undefined
  readonly username: string
  readonly login: TypedLogin
  readonly password: string
}

/** @throws AppError `body_invalid`, or `payload_invalid` with the first field that is wrong */
export const parsePayload = (text: string): PasswordImportCall => {
  const json = parseJson(text)
  if (json === undefined) throw new AppError('body_invalid')
  const { success, data: payload, error } = schema.safeParse(json)
  if (!success) {
    const field = error.issues[0]?.path.join('.')
    throw new AppError('payload_invalid', field ? { field } : {})
  }
  const { request, credential } = payload.data.context
  return {
    eventId: payload.eventId,
    oktaRequestId: request?.id,
    source: payload.source,
    ...credential,
    login: readLogin(credential.username),
  }
}
