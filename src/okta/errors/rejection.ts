/** The errors for requests that Okta refuses, and for changes whose answer is lost. */
import { AppError, type ErrorCode } from '../../errors/errors.ts'

/** Okta's description of a failure (Okta Management API, schema Error), bounded and safe for a terminal. */
export interface Problem {
  readonly status: number | undefined
  /** Okta's stable code such as `E0000001`; empty where the answer has none. */
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

/** Okta refused the request, and would refuse it again. */
export class OktaRejection extends AppError {
  readonly status: number
  readonly errorCode: string
  readonly causes: readonly string[]
  /** Why, in Okta's words: the causes, or the summary where there are none. */
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

/** A change was sent and its result is unknown. It must not be repeated before Okta has been asked. */
export class OktaAnswerLost extends AppError {
  readonly status: number | undefined
  readonly errorCode: string
  /** What came in place of an answer, as far as is known. */
  readonly words: string
  readonly requestId: string | undefined

  constructor(problem: Problem) {
    super('okta_answer_lost', { detail: describeProblem(problem) })
    this.status = problem.status
    this.errorCode = problem.errorCode
    const why = problem.causes.join('; ') || problem.summary
    this.words = [problem.status, why].filter(Boolean).join(' ')
    this.requestId = problem.requestId
  }
}

/** Okta's own answer that the resource does not exist. Another server's 404 does not count. */
const isMissing = (err: unknown): boolean =>
  err instanceof OktaRejection && err.status === 404 && err.errorCode === 'E0000007'

/** @returns undefined where Okta answers that the resource does not exist */
export const orMissing = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}

/** The credentials lack a scope or an admin's right, which the command can do without. */
export class NotGranted {
  /** What Okta answered, for a warning. */
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** @returns what was asked for, or `NotGranted`; other failures are thrown as they are */
export const ifGranted = async <T>(ask: () => Promise<T>): Promise<T | NotGranted> => {
  try {
    return await ask()
  } catch (err) {
    const isRefused = err instanceof AppError && err.code === 'okta_forbidden'
    if (isRefused) return new NotGranted(err.detail ?? err.message)
    throw err
  }
}
