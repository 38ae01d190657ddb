/** Owns what is thrown when Okta refuses a request, or when its answer to a change is lost. */
import { AppError, type ErrorCode } from '../../errors/errors.ts'

/** What Okta says of a failure (Okta Management API, schema Error), bounded and fit for a terminal. */
export interface Problem {
  readonly status: number | undefined
  /** Okta's stable code such as `E0000001`; empty where the answer carries none. */
  readonly errorCode: string
  /** May quote a user's data, such as a login. */
  readonly summary: string
  /** The summaries of the causes, which may quote a user's data too. */
  readonly causes: readonly string[]
  readonly errorId: string | undefined
  readonly requestId: string | undefined
}

export const describeProblem = (problem: Problem): string => {
  const { status, errorCode, summary, causes, errorId, requestId } = problem
  const parts = [
    [status, errorCode].filter(Boolean).join(' '),
    summary,
    ...causes,
    errorId && `error id ${errorId}`,
    requestId && `request id ${requestId}`,
  ]
  return parts.filter(Boolean).join('; ')
}

/** An answer that refuses the request, and that no repeat can change. */
export class OktaRejection extends AppError {
  readonly status: number
  readonly errorCode: string
  readonly causes: readonly string[]
  /** Why, in Okta's words: its causes, or its one sentence where it names none. */
  readonly words: string
  readonly requestId: string | undefined

  constructor(problem: Problem, code: ErrorCode) {
    const isMissing = code === 'okta_rejected' && problem.status === 404
    super(isMissing ? 'okta_not_found' : code, { detail: describeProblem(problem) })
    this.status = problem.status ?? 0
    this.errorCode = problem.errorCode
    this.causes = problem.causes
    this.words = problem.causes.join('; ') || problem.summary || this.message
    this.requestId = problem.requestId
  }
}

/** A change was sent and its fate is unknown: it must not be repeated before Okta was asked. */
export class OktaAnswerLost extends AppError {
  readonly status: number | undefined
  readonly errorCode: string
  /** What came in place of an answer, as far as it can be said. */
  readonly words: string
  readonly requestId: string | undefined

  constructor(problem: Problem) {
    super('okta_answer_lost', { detail: describeProblem(problem) })
    this.status = problem.status
    this.errorCode = problem.errorCode
    this.words = [problem.status, problem.causes.join('; ') || problem.summary]
      .filter(Boolean)
      .join(' ')
    this.requestId = problem.requestId
  }
}
