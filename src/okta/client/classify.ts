/** Owns the judgement of what became of one attempt: whether to repeat it, and what it ends as if not. */
import { AppError, type ErrorCode } from '../../errors/errors.ts'
import type { FailureKind } from '../../http/fetch-failure.ts'
import { problemOf, problemWithout } from '../errors/error-body.ts'
import { redactorFor } from '../errors/redact.ts'
import { describeProblem, OktaAnswerLost, OktaRejection } from '../errors/rejection.ts'
import { strangenessOf, type Strange } from '../errors/foreign-answer.ts'
import { isAnswer, type OktaAnswer, type TransportResult } from './transport.ts'

type Kind =
  | FailureKind
  | Strange
  | 'done'
  | 'limited'
  | 'failed'
  | 'unauthorized'
  | 'forbidden'
  | 'rejected'
  | 'redirected'

interface End {
  /** Whether another attempt may do better. */
  readonly isRepeatable: boolean
  /** Whether Okta may have done what was asked, so that a POST must not be sent again. */
  readonly mayBeDone: boolean
  readonly code: ErrorCode
}

const ENDS: Readonly<Record<Exclude<Kind, 'done'>, End>> = {
  unsent: { isRepeatable: true, mayBeDone: false, code: 'okta_unreachable' },
  untrusted: { isRepeatable: false, mayBeDone: false, code: 'okta_untrusted' },
  barred: { isRepeatable: false, mayBeDone: false, code: 'proxy_refused' },
  lost: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  failed: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  unusable: { isRepeatable: false, mayBeDone: true, code: 'okta_answer_unusable' },
  misled: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
  blocked: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
  gateway: { isRepeatable: true, mayBeDone: true, code: 'okta_answer_unusable' },
  limited: { isRepeatable: true, mayBeDone: false, code: 'okta_rate_limited' },
  unauthorized: { isRepeatable: false, mayBeDone: false, code: 'okta_unauthorized' },
  forbidden: { isRepeatable: false, mayBeDone: false, code: 'okta_forbidden' },
  rejected: { isRepeatable: false, mayBeDone: false, code: 'okta_rejected' },
  redirected: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
}

/** A 403 with one of these codes, or none of Okta's, is about who asks; else about what is asked for. */
const CALLER_CODES = ['E0000005', 'E0000006', 'E0000015']

/** Okta answers 501 to what it does not support, such as a member of the group Everyone ("Create a user"). */
const NOT_SUPPORTED = 501

const kindOfRefusal = (answer: OktaAnswer): Kind => {
  if (answer.status === 401) return 'unauthorized'
  if (answer.status === 429) return 'limited'
  const { errorCode } = problemOf(answer)
  const isAboutCaller = CALLER_CODES.includes(errorCode) || !/^E\d{7}$/.test(errorCode)
  return answer.status === 403 && isAboutCaller ? 'forbidden' : 'rejected'
}

const kindOfAnswer = (answer: OktaAnswer): Kind => {
  const { status, isReadable } = answer
  const strange = strangenessOf(answer)
  if (strange) return strange
  if (status >= 500 && status !== NOT_SUPPORTED) return 'failed'
  if (status >= 400) return kindOfRefusal(answer)
  if (status >= 300) return 'redirected'
  return isReadable ? 'done' : 'unusable'
}

const kindOf = (outcome: TransportResult): Kind =>
  isAnswer(outcome) ? kindOfAnswer(outcome) : outcome.fate

export interface Failure {
  readonly kind: Exclude<Kind, 'done'>
  readonly mayRepeat: boolean
  /** What to throw where it is not repeated. */
  readonly error: AppError
}

/** Whether the run can go on without this request. A block may be about its words alone. */
const isRefused = (kind: Kind, method: string): boolean =>
  kind === 'rejected' || (kind === 'blocked' && method === 'POST')

/** @returns undefined where the outcome is the answer that was asked for */
export const failureIn = (
  { method, body }: { readonly method: string; readonly body?: unknown },
  outcome: TransportResult,
): Failure | undefined => {
  const kind = kindOf(outcome)
  if (kind === 'done') return undefined
  const { isRepeatable, mayBeDone, code } = ENDS[kind]
  const problem = isAnswer(outcome)
    ? problemOf(outcome, redactorFor(body))
    : problemWithout(outcome.reason)
  if (mayBeDone && method === 'POST') {
    return { kind, mayRepeat: false, error: new OktaAnswerLost(problem) }
  }
  if (isRefused(kind, method)) {
    return { kind, mayRepeat: false, error: new OktaRejection(problem, code) }
  }
  const detail = describeProblem(problem)
  return { kind, mayRepeat: isRepeatable, error: new AppError(code, { detail }) }
}
