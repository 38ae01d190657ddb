/** Owns the reading of Okta's error bodies (Okta Management API, schema Error; RFC 6749, section 5.2). */
import * as z from 'zod'
import { printable } from '../printable.ts'
import type { Problem } from './rejection.ts'
import type { Answer } from './transport.ts'

const MAX_CAUSES = 5

const text = z.string().transform((value) => printable(value))
const optionalText = text.optional().catch(undefined)

const schema = z
  .object({
    errorCode: optionalText,
    errorSummary: optionalText,
    errorId: optionalText,
    error: optionalText,
    error_description: optionalText,
    errorCauses: z
      .array(z.object({ errorSummary: text }))
      .transform((causes) => causes.slice(0, MAX_CAUSES))
      .catch([]),
  })
  .catch({ errorCauses: [] })

export const problemOf = ({ status, body, requestId }: Answer): Problem => {
  const found = schema.parse(body)
  return {
    status,
    errorCode: found.errorCode ?? found.error ?? '',
    summary: found.errorSummary ?? found.error_description ?? '',
    causes: found.errorCauses.map(({ errorSummary }) => errorSummary),
    errorId: found.errorId,
    requestId,
  }
}

/** A problem that no answer tells of. */
export const problemWithout = (summary: string): Problem => ({
  status: undefined,
  errorCode: '',
  summary,
  causes: [],
  errorId: undefined,
  requestId: undefined,
})
