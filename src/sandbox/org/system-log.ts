/** The System Log: the latest of the events that matter to a migration. */
import { randomUUID } from 'node:crypto'
import { createRing } from '../ring.ts'
import { textAttribute, type SearchAttribute } from './search.ts'
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

export interface NewEvent {
  readonly eventType: EventType
  readonly isSuccess: boolean
  readonly reason?: string | undefined
  readonly target?: readonly LogTarget[]
  readonly debugData?: Readonly<Record<string, unknown>>
}

export const logTarget = (user: User): LogTarget => ({
  id: userId(user),
  type: 'User',
  alternateId: loginOf(user),
})

const eventFrom = (event: NewEvent, published: string) => {
  const { eventType, isSuccess, reason = null, target = [], debugData = {} } = event
  return {
    uuid: randomUUID() as string,
    published,
    eventType,
    displayMessage: EVENTS[eventType],
    version: '0',
    severity: isSuccess ? 'INFO' : 'WARN',
    outcome: { result: isSuccess ? 'SUCCESS' : 'FAILURE', reason },
    target,
    debugContext: { debugData },
  } as const
}

export type LogEvent = ReturnType<typeof eventFrom>

export const createSystemLog = (wallClock: SimulatedClock) => {
  const ring = createRing<LogEvent>(MAX_EVENTS)
  let count = 0
  return {
    write(event: NewEvent): void {
      count += 1
      ring.push(eventFrom(event, wallClock.iso()))
    },
    /** Oldest first. */
    events: () => ring.values(),
    /** How many events were ever written. */
    get count() {
      return count
    },
  }
}

export type SystemLog = ReturnType<typeof createSystemLog>

/** Without `published`, which Okta refuses here: it has `since` and `until`. */
export const LOG_ATTRIBUTES = new Map<string, SearchAttribute<LogEvent>>([
  ['eventType', textAttribute(({ eventType }) => eventType)],
  ['outcome.result', textAttribute(({ outcome }) => outcome.result)],
  ['target.id', textAttribute(({ target }) => target.map(({ id }) => id))],
])
