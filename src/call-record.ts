/** The types of what is recorded about a call: its fields in the log and the metrics, its decision in the ledger. */

/** The part of a logger that the hook and the ledger use. */
export type LogSink = Readonly<
  Record<'info' | 'warn' | 'error', (fields: Record<string, unknown>, message: string) => void>
>

/**
 * The log entry of a call, which its steps fill in. Metrics take as labels only fields with values of our own
 * code: a login or an id, which a caller can choose, would let callers create any number of series.
 */
export interface CallFields {
  eventId?: string | undefined
  oktaRequestId?: string | undefined
  /** A keyed fingerprint, or plain if the log is configured so. */
  login?: string
  outcome?: 'VERIFIED' | 'UNVERIFIED' | 'FAILED'
  reason?: string
  field?: string | undefined
  detail?: string | undefined
  cause?: Record<string, unknown> | undefined
  /** Set if the call carried a secret that should not be used any more. */
  secret?: 'current' | 'previous'
  /** Set if the call shared the answer of another one. */
  repeat?: 'shared' | 'replayed'
  /** Milliseconds of its lookup, even if that failed. */
  lookupMs?: number
  /** Milliseconds that its check waited and ran, and how many checks were computed together. */
  waitMs?: number
  runMs?: number
  lanes?: number
}

/** A call that was answered. */
export interface AnsweredCall extends Readonly<CallFields> {
  readonly status: number
  /** Milliseconds from its arrival to its answer. */
  readonly totalMs: number
}

/** Called for each call that was answered, with the same fields as the log. */
export type CallObserver = (call: AnsweredCall) => void

/** A decision. Nothing here is derived from a password. */
export interface DecidedCall {
  /** The decision's own, random: a decision that is written twice is one row. */
  readonly id: string
  /** Okta's id of the call. Okta repeats a call under one id, and each replica decides for itself. */
  readonly eventId: string | undefined
  /** The login as typed: a keyed fingerprint, or plain if that is configured. */
  readonly account: string
  /** A keyed fingerprint of the account that was found, otherwise of the login: one name for all spellings. */
  readonly person: string
  /** Whether the caller had hung up when this was decided, so that Okta does not know it. */
  readonly callerGone: boolean
  readonly outcome: 'VERIFIED' | 'UNVERIFIED'
  readonly reason: string
  /** The account's own hash, if it is sound. */
  readonly hash: { readonly family: string; readonly cost: number } | undefined
  /** Milliseconds that the check waited and ran. */
  readonly waitMs: number
  readonly runMs: number
}

/** The events in which Okta tells that it has stored a password: of the hook, or one that was set there. */
export const MOVE_EVENTS = ['user.import.password', 'user.account.update_password'] as const

/** One that Okta has pushed, with the outcome SUCCESS. It names nobody. */
export interface MoveEvent {
  readonly uuid: string
  readonly type: (typeof MOVE_EVENTS)[number]
  /** When it happened, in milliseconds since 1970. */
  readonly publishedMs: number
}

/** What happened to the events of one call. `repeated`: they had come before; `dropped`: too many wait. */
export type EventCounts = Readonly<Record<'kept' | 'ignored' | 'repeated' | 'dropped', number>>

export interface EventSink {
  /** Waits for nothing, and never throws. */
  add(event: MoveEvent): 'kept' | 'repeated' | 'dropped'
}

export interface DecisionLog {
  /**
   * An answer waits for it, so it never rejects and always resolves soon: normally when a crash can no
   * longer lose the decision.
   */
  record(decided: DecidedCall): Promise<void>
}
