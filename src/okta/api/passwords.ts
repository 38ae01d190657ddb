/** Resets a password, and lets the hook be called again (Okta Management API, "Reset password" and "Update a user"). */
import * as z from 'zod'
import type { OktaResponse, RequestFn } from '../client/client.ts'
import { readAs } from '../errors/unusable-answer.ts'
import { readUser, type OktaUser } from './users.ts'

const pathOf = (id: string): string => `/api/v1/users/${encodeURIComponent(id)}`

const reset = (request: RequestFn, id: string, sendEmail: boolean): Promise<OktaResponse> =>
  request({
    method: 'POST',
    path: `${pathOf(id)}/lifecycle/reset_password?sendEmail=${String(sendEmail)}`,
  })

/**
 * Okta mails the person a link.
 * @returns the request's id
 * @throws OktaAnswerLost where Okta may or may not have done it: a repeat could be a second mail
 */
export const resetByMail = async (request: RequestFn, id: string): Promise<string | undefined> =>
  (await reset(request, id, true)).requestId

const linkSchema = z.object({ resetPasswordUrl: z.url() })

/**
 * Okta mails nobody, and answers the link. A newer one ends the older.
 * @throws OktaAnswerLost where Okta may or may not have done it: the link is then lost
 * @throws AppError `okta_answer_unusable`
 */
export const resetByLink = async (
  request: RequestFn,
  id: string,
): Promise<{ readonly link: string; readonly requestId: string | undefined }> => {
  const { body, requestId } = await reset(request, id, false)
  return { link: readAs(linkSchema, body, 'a link').resetPasswordUrl, requestId }
}

/**
 * The next sign-in calls the hook. Okta allows it in any status ("Release notes" of 2023, OKTA-604521).
 * @throws OktaAnswerLost where Okta may or may not have done it
 */
export const setHookAgain = async (
  request: RequestFn,
  id: string,
): Promise<{ readonly user: OktaUser; readonly requestId: string | undefined }> => {
  const credentials = { password: { hook: { type: 'default' } } }
  const { body, requestId } = await request({
    method: 'POST',
    path: pathOf(id),
    body: { credentials },
  })
  return { user: readUser(body), requestId }
}
