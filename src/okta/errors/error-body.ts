/** Reads Okta's error bodies (Okta Management API, schema Error; RFC 6749, section 5.2). */
import * as z from 'zod'
import { printable } from '../../text/printable.ts'
import type { Redact } from './redact.ts'
import type { Problem } from './rejection.ts'
import { describeForeign } from './foreign-answer.ts'
import type { OktaAnswer } from '../client/transport.ts'

const MAX_CAUSES = 5

const optionalText = z.string().optional().catch(undefined)

const schema = z
  .object({
    errorCode: optionalText,
    errorSummary: optionalText,
    errorId: optionalText,
    error: optionalText,
    error_description: optionalText,
    errorCauses: z
      .array(z.object({ errorSummary: z.string() }))
      .transform((causes) => causes.slice(0, MAX_CAUSES))
      .catch([]),
  })
  .catch({ errorCauses: [] })

/** @param redact gets each of Okta's sentences whole, before it is shortened */
export const problemOf = (answer: OktaAnswer, redact: Redact = (text) => text): Problem => {
  const { status, body, requestId } = answer
  const found = schema.parse(body)
  const show = (text: string): string => printable(redact(text))
  return {
    status,
    errorCode: show(found.errorCode ?? found.error ?? ''),
    summary: show(found.errorSummary ?? found.error_description ?? describeForeign(answer)),
    causes: found.errorCauses.map(({ errorSummary }) => show(errorSummary)),
    errorId: found.errorId && show(found.errorId),
    requestId,
  }
}

/** A problem without an answer of Okta. */
export const problemWithout = (summary: string): Problem => ({
  status: undefined,
  errorCode: '',
  summary,
  causes: [],
  errorId: undefined,
  requestId: undefined,
})
