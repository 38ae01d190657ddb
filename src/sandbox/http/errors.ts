/** The sandbox's errors: Okta's and OAuth's codes, sentences and bodies. */
import { randomBytes } from 'node:crypto'

const NEEDS_ACTIVATE =
  'Could not create user. To create a user and expire their password immediately, "activate" must be true'
const NEEDS_PASSWORD =
  'Could not create user. To create a user and expire their password immediately, a password must be specified'

/** Status, summary and perhaps a cause, from Okta's error code reference; `{}`: the field or resource. */
const OKTA_ERRORS = {
  E0000001: [400, 'Api validation failed: {}'],
  E0000003: [400, 'The request body was not well-formed.'],
  E0000004: [401, 'Authentication failed'],
  E0000006: [403, 'You do not have permission to perform the requested action'],
  E0000007: [404, 'Not found: Resource not found: {}'],
  E0000009: [500, 'Internal Server Error'],
  E0000010: [503, 'Service is in read only mode'],
  E0000011: [401, 'Invalid token provided'],
  E0000014: [403, 'Update of credentials failed', 'oldPassword: The password is wrong'],
  E0000016: [403, 'Activation failed because the user is already active'],
  E0000021: [
    400,
    'Bad request. Accept and/or Content-Type headers likely do not match supported values.',
  ],
  E0000022: [405, 'The endpoint does not support the provided HTTP method'],
  E0000028: [400, 'The request is missing a required parameter.'],
  E0000031: [400, 'Invalid search criteria.'],
  E0000032: [403, 'Unlock is not allowed for this user.'],
  E0000034: [403, 'Forgot password not allowed on specified user.'],
  E0000038: [403, "This operation is not allowed in the user's current status."],
  E0000047: [429, 'API call exceeded rate limit due to too many requests.'],
  E0000060: [501, 'Unsupported operation.'],
  E0000080: [403, 'The password does not meet the requirements of the current password policy.'],
  E0000093: [400, 'Target count limit exceeded', 'The number of group targets is too large.'],
  E0000105: [
    403,
    'You have accessed an account recovery link that has expired or been previously used.',
  ],
  E0000124: [400, NEEDS_ACTIVATE, NEEDS_ACTIVATE],
  E0000125: [400, NEEDS_PASSWORD, NEEDS_PASSWORD],
  E0000134: [502, 'Okta could not communicate correctly with an inline hook.'],
  E0000135: [400, 'An inline hook responded with an error.'],
  E0000137: [504, 'Okta did not receive a response from an inline hook.'],
} as const

type OktaErrorCode = keyof typeof OKTA_ERRORS

type OktaStatus = (typeof OKTA_ERRORS)[OktaErrorCode][0]

interface ErrorDetails {
  readonly what?: string
  readonly causes?: readonly string[]
  /** If not the code's usual status. */
  readonly status?: OktaStatus
}

export class OktaError extends Error {
  override readonly name = 'OktaError'
  readonly code: OktaErrorCode
  readonly causes: readonly string[]
  readonly status: OktaStatus

  constructor(code: OktaErrorCode, { what = '', causes, status }: ErrorDetails = {}) {
    const [usual, summary, ...usualCauses] = OKTA_ERRORS[code]
    super(summary.replace('{}', () => what))
    this.code = code
    this.causes = causes ?? usualCauses
    this.status = status ?? usual
  }

  body(): object {
    return {
      errorCode: this.code,
      errorSummary: this.message,
      errorLink: this.code,
      errorId: `oae${randomBytes(12).toString('base64url')}`,
      errorCauses: this.causes.map((errorSummary) => ({ errorSummary })),
    }
  }
}

/** A field breaks a rule. Okta names it both in the summary and in the causes. */
export const invalid = (field: string, sentence: string): OktaError =>
  new OktaError('E0000001', { what: field, causes: [`${field}: ${sentence}`] })

export const notFound = (id: string, kind: string): OktaError =>
  new OktaError('E0000007', { what: `${id} (${kind})` })

/** An error of a token endpoint (RFC 6749, section 5.2; RFC 9449, section 8). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string
  readonly status: 400 | 401

  constructor(error: string, description: string, status: 400 | 401 = 400) {
    super(description)
    this.error = error
    this.status = status
  }

  body(): object {
    return { error: this.error, error_description: this.message }
  }
}
