/** Classifies the result of one attempt: whether it may be repeated, and the error to throw otherwise. */
import { AppError, type ErrorCode } from '../../errors/errors.ts'
import type { FailureKind } from '../../http/fetch-failure.ts'
import { problemOf, problemWithout } from '../errors/error-body.ts'
import { redactorFor } from '../errors/redact.ts'
import { describeProblem, OktaAnswerLost, OktaRejection } from '../errors/rejection.ts'
import { foreignKindOf, type ForeignKind } from '../errors/foreign-answer.ts'
import { isAnswer, type OktaAnswer, type OktaResult } from './transport.ts'

type ResultKind =
  | FailureKind
  | ForeignKind
  | 'done'
  | 'limited'
  | 'failed'
  | 'unauthorized'
  | 'forbidden'
  | 'rejected'
  | 'redirected'

interface Policy {
  /** Whether another attempt may succeed. */
  readonly isRepeatable: boolean
  /** Whether Okta may have processed the request, so that a POST must not be sent again. */
  readonly mayBeDone: boolean
  readonly code: ErrorCode
}

const POLICIES: Readonly<Record<Exclude<ResultKind, 'done'>, Policy>> = {
  'not-sent': { isRepeatable: true, mayBeDone: false, code: 'okta_unreachable' },
  untrusted: { isRepeatable: false, mayBeDone: false, code: 'okta_untrusted' },
  'proxy-refused': { isRepeatable: false, mayBeDone: false, code: 'proxy_refused' },
  unknown: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  failed: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  unusable: { isRepeatable: false, mayBeDone: true, code: 'okta_answer_unusable' },
  'wrong-address': { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
  blocked: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
  gateway: { isRepeatable: true, mayBeDone: true, code: 'okta_answer_unusable' },
  limited: { isRepeatable: true, mayBeDone: false, code: 'okta_rate_limited' },
  unauthorized: { isRepeatable: false, mayBeDone: false, code: 'okta_unauthorized' },
  forbidden: { isRepeatable: false, mayBeDone: false, code: 'okta_forbidden' },
  rejected: { isRepeatable: false, mayBeDone: false, code: 'okta_rejected' },
  redirected: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
}

/** A 403 with one of these codes, or without a code of Okta's, is about the caller; any other is about the request. */
const CALLER_CODES = ['E0000005', 'E0000006', 'E0000015']

/** Okta's answer to what it does not support, such as adding a member to the group Everyone ("Create a user"). */
const NOT_SUPPORTED = 501

const kindOfRefusal = (answer: OktaAnswer): ResultKind => {
  if (answer.status === 401) return 'unauthorized'
  if (answer.status === 429) return 'limited'
  const { errorCode } = problemOf(answer)
  const isAboutCaller = CALLER_CODES.includes(errorCode) || !/^E\d{7}$/.test(errorCode)
  return answer.status === 403 && isAboutCaller ? 'forbidden' : 'rejected'
}

const kindOfAnswer = (answer: OktaAnswer): ResultKind => {
  const { status, isReadable } = answer
  const foreign = foreignKindOf(answer)
  if (foreign) return foreign
  if (status >= 500 && status !== NOT_SUPPORTED) return 'failed'
  if (status >= 400) return kindOfRefusal(answer)
  if (status >= 300) return 'redirected'
  return isReadable ? 'done' : 'unusable'
}

export interface Failure {
  readonly kind: Exclude<ResultKind, 'done'>
  readonly mayRepeat: boolean
  /** To be thrown where the request is not repeated. */
  readonly error: AppError
}

/** Whether a run can continue without this request. A firewall may object to the words of this one only. */
const isRefused = (kind: ResultKind, method: string): boolean =>
  kind === 'rejected' || (kind === 'blocked' && method === 'POST')

/** @returns undefined where the request succeeded */
export const classify = (
  { method, body }: { readonly method: string; readonly body?: unknown },
  result: OktaResult,
): Failure | undefined => {
  const kind = isAnswer(result) ? kindOfAnswer(result) : result.kind
  if (kind === 'done') return undefined
  const { isRepeatable, mayBeDone, code } = POLICIES[kind]
  const problem = isAnswer(result)
    ? problemOf(result, redactorFor(body))
    : problemWithout(result.reason)
  if (mayBeDone && method === 'POST') {
    return { kind, mayRepeat: false, error: new OktaAnswerLost(problem) }
  }
  if (isRefused(kind, method)) {
    return { kind, mayRepeat: false, error: new OktaRejection(problem, code) }
  }
  const detail = describeProblem(problem)
  return { kind, mayRepeat: isRepeatable, error: new AppError(code, { detail }) }
}
