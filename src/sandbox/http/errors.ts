/** The sandbox's errors: Okta's and OAuth's codes, sentences and bodies. */
import { randomBytes } from 'node:crypto'

const NEEDS_ACTIVATE =
  'Could not create user. To create a user and expire their password immediately, "activate" must be true'
const NEEDS_PASSWORD =
  'Could not create user. To create a user and expire their password immediately, a password must be specified'

/** From Okta's error code reference; `{}` stands for the field or resource. */
const OKTA_ERRORS = {
  E0000001: { status: 400, summary: 'Api validation failed: {}' },
  E0000003: { status: 400, summary: 'The request body was not well-formed.' },
  E0000004: { status: 401, summary: 'Authentication failed' },
  E0000006: {
    status: 403,
    summary: 'You do not have permission to perform the requested action',
  },
  E0000007: { status: 404, summary: 'Not found: Resource not found: {}' },
  E0000009: { status: 500, summary: 'Internal Server Error' },
  E0000010: { status: 503, summary: 'Service is in read only mode' },
  E0000011: { status: 401, summary: 'Invalid token provided' },
  E0000016: { status: 403, summary: 'Activation failed because the user is already active' },
  E0000021: {
    status: 400,
    summary:
      'Bad request. Accept and/or Content-Type headers likely do not match supported values.',
  },
  E0000022: { status: 405, summary: 'The endpoint does not support the provided HTTP method' },
  E0000028: { status: 400, summary: 'The request is missing a required parameter.' },
  E0000031: { status: 400, summary: 'Invalid search criteria.' },
  E0000032: { status: 403, summary: 'Unlock is not allowed for this user.' },
  E0000038: { status: 403, summary: "This operation is not allowed in the user's current status." },
  E0000047: { status: 429, summary: 'API call exceeded rate limit due to too many requests.' },
  E0000060: { status: 501, summary: 'Unsupported operation.' },
  E0000080: {
    status: 403,
    summary: 'The password does not meet the requirements of the current password policy.',
  },
  E0000093: {
    status: 400,
    summary: 'Target count limit exceeded',
    causes: ['The number of group targets is too large.'],
  },
  E0000124: {
    status: 400,
    summary: NEEDS_ACTIVATE,
    causes: [NEEDS_ACTIVATE],
  },
  E0000125: {
    status: 400,
    summary: NEEDS_PASSWORD,
    causes: [NEEDS_PASSWORD],
  },
  E0000134: {
    status: 502,
    summary: 'Okta could not communicate correctly with an inline hook.',
  },
  E0000135: { status: 400, summary: 'An inline hook responded with an error.' },
  E0000137: { status: 504, summary: 'Okta did not receive a response from an inline hook.' },
} as const

type OktaErrorCode = keyof typeof OKTA_ERRORS

type OktaStatus = (typeof OKTA_ERRORS)[OktaErrorCode]['status']

interface KnownError {
  readonly summary: string
  readonly causes?: readonly string[]
}

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
    const known: KnownError = OKTA_ERRORS[code]
    super(known.summary.replace('{}', () => what))
    this.code = code
    this.causes = causes ?? known.causes ?? []
    this.status = status ?? OKTA_ERRORS[code].status
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
export const invalid = (field: string, ...sentences: readonly string[]): OktaError =>
  new OktaError('E0000001', {
    what: field,
    causes: sentences.map((sentence) => `${field}: ${sentence}`),
  })

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
