/** Builds every answer: a decision in Okta's format, a failure as RFC 9457 problem details. */
import { AppError } from '../errors/errors.ts'
import type { Decision, Reason } from './decision.ts'

/**
 * Reasons about a person rather than about the data. They are left out of the answer, so that a wrong
 * password, an unknown login and a disabled account get the same bytes.
 */
const PRIVATE_REASONS: ReadonlySet<Reason> = new Set<Reason>([
  'match',
  'mismatch',
  'unknown_login',
  'disabled',
  'locked',
  'expired',
  'enabled_unreadable',
  'empty_password',
  'too_many_account_guesses',
])

/**
 * Okta Management API, schema PasswordImportResponse. Okta shows `debugContext` in its System Log, with the
 * event `inline_hook.response.processed`.
 */
export const decisionBody = ({ credential, reason }: Decision): Record<string, unknown> => ({
  commands: [{ type: 'com.okta.action.update', value: { credential } }],
  ...(PRIVATE_REASONS.has(reason) ? {} : { debugContext: { reason } }),
})

export const jsonResponse = (
  status: number,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })

/** Okta reads only the status; the rest is for an engineer with curl. */
export const problemResponse = (err: AppError, headers: Record<string, string> = {}): Response => {
  const { status = 500, sentence: title, remedy: detail } = err.row
  const field = err.field === undefined ? {} : { field: err.field }
  return jsonResponse(
    status,
    { title, status, detail, code: err.code, ...field },
    { 'content-type': 'application/problem+json', ...headers },
  )
}
