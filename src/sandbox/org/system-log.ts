/** The System Log: the latest of the events that matter to a migration. */
import { randomUUID } from 'node:crypto'
import { createRing } from '../ring.ts'
import type { SearchAttribute } from './search.ts'
import { loginOf, userId, type User } from './users.ts'
import type { SimulatedClock } from '../simulated-clock.ts'

const MAX_EVENTS = 1_000

/** With the message that the log shows. */
const EVENTS = {
  'user.import.password': 'Import user password',
  'inline_hook.executed': 'Inline hook executed',
  'inline_hook.response.processed': 'Inline hook response processed',
  'user.session.start': 'User login to Okta',
  'user.account.reset_password': 'Fire a reset password for user',
  'user.account.expire_password': 'Expire password for user',
  'user.account.unlock': 'Unlock user account',
  'user.lifecycle.activate': 'Activate Okta user',
  'user.lifecycle.reactivate': 'Reactivate Okta user',
  'user.lifecycle.deactivate': 'Deactivate Okta user',
  'user.lifecycle.suspend': 'Suspend Okta user',
  'user.lifecycle.unsuspend': 'Unsuspend Okta user',
  'core.concurrency.org.limit.violation': 'Concurrency limit violation',
} as const

export type EventType = keyof typeof EVENTS

export interface LogTarget {
  readonly id: string
  readonly type: 'User' | 'Inline Hook'
  readonly alternateId: string
}

export interface LogEvent {
  readonly uuid: string
  readonly published: string
  readonly eventType: EventType
  readonly displayMessage: string
  readonly version: '0'
  readonly severity: 'INFO' | 'WARN'
  readonly outcome: { readonly result: 'SUCCESS' | 'FAILURE'; readonly reason: string | null }
  readonly target: readonly LogTarget[]
  readonly debugContext: { readonly debugData: Readonly<Record<string, unknown>> }
}

export interface NewEvent {
  readonly eventType: EventType
  readonly isSuccess: boolean
  readonly reason?: string | undefined
  readonly target?: readonly LogTarget[]
  readonly debugData?: Readonly<Record<string, unknown>>
}

export interface SystemLog {
  write(event: NewEvent): void
  /** Oldest first. */
  events(): LogEvent[]
  /** How many events were ever written. */
  readonly count: number
}

export const logTarget = (user: User): LogTarget => ({
  id: userId(user),
  type: 'User',
  alternateId: loginOf(user),
})

export const createSystemLog = (wallClock: SimulatedClock): SystemLog => {
  const ring = createRing<LogEvent>(MAX_EVENTS)
  let count = 0
  return {
    write({ eventType, isSuccess, reason, target = [], debugData = {} }) {
      count += 1
      ring.push({
        uuid: randomUUID(),
        published: wallClock.iso(),
        eventType,
        displayMessage: EVENTS[eventType],
        version: '0',
        severity: isSuccess ? 'INFO' : 'WARN',
        outcome: { result: isSuccess ? 'SUCCESS' : 'FAILURE', reason: reason ?? null },
        target,
        debugContext: { debugData },
      })
    },
    events: () => ring.values(),
    get count() {
      return count
    },
  }
}

/** Without `published`, which Okta refuses here: it has `since` and `until`. */
export const LOG_ATTRIBUTES: ReadonlyMap<string, SearchAttribute<LogEvent>> = new Map(
  Object.entries<SearchAttribute<LogEvent>>({
    eventType: { kind: 'text', read: ({ eventType }) => eventType },
    'outcome.result': { kind: 'text', read: ({ outcome }) => outcome.result },
    'target.id': { kind: 'text', read: ({ target }) => target.map(({ id }) => id) },
  }),
)
