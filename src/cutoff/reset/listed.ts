/** The shapes of the people on a list of resets, and of what happened to them. */

export interface ResetList {
  /** Of its step. */
  readonly number: number
  readonly who: string
  readonly links: string | null
}

export interface ChosenPerson {
  readonly oktaId: string
  readonly login: string
  readonly changed: number | null
}

export interface ListedPerson extends ChosenPerson {
  readonly number: number
  readonly state: 'waiting' | 'open' | ResetOutcome['state']
  readonly intendedAt: number | null
  /** Whether a reopening was about to set the hook again, and what came of it is not known. */
  readonly isRestoring: boolean
  /** Okta's passwordChanged after each time that the hook was set again for this person. */
  readonly restoredAs: readonly number[]
}

export interface ResetOutcome {
  readonly state: 'done' | 'skipped' | 'failed' | 'dropped'
  /** What the outcome is known from, or why there was no reset. */
  readonly reason: string
  readonly requestId?: string | undefined
}

export interface Restoration {
  /** The status after the hook was set again; `kept` or `kept_in_recovery` where nothing was sent; `failed`. */
  readonly restored: string
  readonly changed?: number | null
}

export interface ResetLine {
  readonly login: string
  readonly oktaId: string
  readonly state: string
  readonly reason: string | null
  readonly sentAt: number | null
  readonly requestId: string | null
  readonly restored: string | null
}

/** By state, and by reason in it. */
export interface ResetCount {
  readonly state: ListedPerson['state']
  readonly reason: string | null
  readonly people: number
}
