/** Owns the judgement of what became of one attempt: whether to repeat it, and what it ends as if not. */
import { AppError, type ErrorCode } from '../errors.ts'
import { problemOf, problemWithout } from './problem.ts'
import { describeProblem, OktaAnswerLost, OktaRejection } from './rejection.ts'
import { isAnswer, type Answer, type Fate, type Outcome } from './transport.ts'

type Kind =
  Fate | 'done' | 'limited' | 'failed' | 'unauthorized' | 'forbidden' | 'rejected' | 'redirected'

interface End {
  /** Whether another attempt may do better. */
  readonly isRepeatable: boolean
  /** Whether Okta may have done what was asked, so that a POST must not be sent again. */
  readonly mayBeDone: boolean
  readonly code: ErrorCode
}

const ENDS: Readonly<Record<Exclude<Kind, 'done'>, End>> = {
  unsent: { isRepeatable: true, mayBeDone: false, code: 'okta_unreachable' },
  untrusted: { isRepeatable: false, mayBeDone: false, code: 'okta_unreachable' },
  lost: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  failed: { isRepeatable: true, mayBeDone: true, code: 'okta_unreachable' },
  unusable: { isRepeatable: false, mayBeDone: true, code: 'okta_answer_unusable' },
  limited: { isRepeatable: true, mayBeDone: false, code: 'okta_rate_limited' },
  unauthorized: { isRepeatable: false, mayBeDone: false, code: 'okta_unauthorized' },
  forbidden: { isRepeatable: false, mayBeDone: false, code: 'okta_forbidden' },
  rejected: { isRepeatable: false, mayBeDone: false, code: 'okta_rejected' },
  redirected: { isRepeatable: false, mayBeDone: false, code: 'okta_answer_unusable' },
}

/** A 403 with one of these codes, or none of Okta's, is about who asks; else about what is asked for. */
const CALLER_CODES = ['E0000005', 'E0000006', 'E0000015']

const kindOfRefusal = (answer: Answer): Kind => {
  if (answer.status === 401) return 'unauthorized'
  if (answer.status === 429) return 'limited'
  const { errorCode } = problemOf(answer)
  const isAboutCaller = CALLER_CODES.includes(errorCode) || !/^E\d{7}$/.test(errorCode)
  return answer.status === 403 && isAboutCaller ? 'forbidden' : 'rejected'
}

const kindOf = (outcome: Outcome): Kind => {
  if (!isAnswer(outcome)) return outcome.fate
  if (outcome.status >= 500) return 'failed'
  if (outcome.status >= 400) return kindOfRefusal(outcome)
  if (outcome.status >= 300) return 'redirected'
  return outcome.isReadable ? 'done' : 'unusable'
}

export interface Failure {
  readonly kind: Exclude<Kind, 'done'>
  readonly mayRepeat: boolean
  /** What to throw where it is not repeated. */
  readonly error: AppError
}

/** @returns undefined where the outcome is the answer that was asked for */
export const failureIn = (method: string, outcome: Outcome): Failure | undefined => {
  const kind = kindOf(outcome)
  if (kind === 'done') return undefined
  const { isRepeatable, mayBeDone, code } = ENDS[kind]
  const problem = isAnswer(outcome) ? problemOf(outcome) : problemWithout(outcome.reason)
  if (mayBeDone && method === 'POST') {
    return { kind, mayRepeat: false, error: new OktaAnswerLost(problem) }
  }
  if (kind === 'rejected') return { kind, mayRepeat: false, error: new OktaRejection(problem) }
  const detail = describeProblem(problem)
  return { kind, mayRepeat: isRepeatable, error: new AppError(code, { detail }) }
}
