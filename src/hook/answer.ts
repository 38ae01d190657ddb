/** Owns the words of every answer: a decision as Okta reads it, a failure as RFC 9457 has it. */
import { AppError } from '../errors/errors.ts'
import type { Decision, Reason } from './decision.ts'

/**
 * Reasons that are about a person and not about the data. They are left out of the answer, so that
 * a wrong password, an unknown login and a disabled account are the same, byte for byte.
 */
const UNTOLD: ReadonlySet<Reason> = new Set<Reason>([
  'match',
  'mismatch',
  'unknown_login',
  'disabled',
  'enabled_unreadable',
  'empty_password',
  'too_many_account_guesses',
])

/**
 * Okta Management API, schema PasswordImportResponse. What stands in `debugContext` appears in
 * Okta's System Log with the event `inline_hook.response.processed`.
 */
export const decisionBody = ({ credential, reason }: Decision): Record<string, unknown> => ({
  commands: [{ type: 'com.okta.action.update', value: { credential } }],
  ...(UNTOLD.has(reason) ? {} : { debugContext: { reason } }),
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

/** Okta reads nothing of it but the status; the rest is for the engineer with curl. */
export const problemResponse = (err: AppError, headers: Record<string, string> = {}): Response => {
  const { status = 500, sentence: title, remedy: detail } = err.row
  const field = err.field === undefined ? {} : { field: err.field }
  return jsonResponse(
    status,
    { title, status, detail, code: err.code, ...field },
    { 'content-type': 'application/problem+json', ...headers },
  )
}
