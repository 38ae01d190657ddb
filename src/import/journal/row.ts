/** The shapes of a row: as it comes from the input, as the journal has it, and as it ends. */

/** The result of a row that was sent. */
export interface RowOutcome {
  readonly state: 'created' | 'updated' | 'existing' | 'failed'
  readonly oktaId?: string | undefined
  /** For a user who already existed: the login as Okta has it. */
  readonly oktaLogin?: string | undefined
  readonly status?: string | undefined
  /** `credentials.provider.type`. */
  readonly provider?: string | undefined
  readonly errorCode?: string | undefined
  readonly requestId?: string | undefined
  readonly reason?: string | undefined
  /** The request id of Okta's 200 to our own create call. */
  readonly madeBy?: string | null | undefined
  /** Names of the attributes that `--update` has changed; empty if it found no difference. */
  readonly changed?: string | undefined
  /** Whether Okta refuses what the row says; not for a duplicate. */
  readonly isRefusal?: boolean
  /** Whether Okta gave no answer to what was sent. */
  readonly isUnanswered?: boolean
}

/** A row as it comes from the input. With neither login nor rejection it has no values, and is passed over. */
export interface Candidate {
  readonly number: number
  readonly line: number
  /** Identifies what the row says, without its secrets. */
  readonly digest: Buffer
  /** Folded, see `foldLogin`; undefined where the row must not be sent. */
  readonly login: string | undefined
  /** Whose row it is: its folded login, also where it cannot be sent. */
  readonly person?: string | undefined
  /** Why the row cannot be sent. */
  readonly rejection: string | undefined
  /** Whether what would be sent for it holds secrets: it may have changed where its digest has not. */
  readonly hasSecrets?: boolean
  /** For a row of a rejects file: its line in the input that was rejected. */
  readonly origin?: number | undefined
  /** Whether it is left out on purpose, since its person may not sign in. */
  readonly isSkipped?: boolean
}

export interface JournalRow {
  readonly state: 'sending' | 'rejected' | 'skipped' | 'blank' | 'undone' | RowOutcome['state']
  /** Whether this call has written it: only then was nothing sent for it before. */
  readonly isNew: boolean
  /** When it was decided to send it, in milliseconds of Okta's clock. */
  readonly intendedAt: number
  readonly errorCode: string | null
  readonly requestId: string | null
  readonly reason: string | null
  /** The user that Okta is known to have for it. */
  readonly oktaId: string | null
  /** The request id of Okta's 200 to our own create call; null for a user who was only found. */
  readonly madeBy: string | null
  /** The attributes that `--update` has changed, or was about to; null before it has compared them. */
  readonly changed: string | null
}

/** No row has ended yet. */
export const NO_ENDS = { created: 0, updated: 0, existing: 0, rejected: 0, failed: 0, skipped: 0 }

export type Counts = Readonly<Record<Exclude<JournalRow['state'], 'blank' | 'undone'>, number>>

type KeptText = 'login' | 'oktaLogin' | 'oktaId' | 'status' | 'provider' | 'changed'

/** A row as the journal keeps it; its login is folded. */
export type KeptRow = Readonly<Record<'line', number> & Record<KeptText, string | null>>
