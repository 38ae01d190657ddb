/** The System Log of an org: which events there are, writing them, and how they look. */
import { randomUUID } from 'node:crypto'
import type { Hook } from '../org/hooks.ts'
import { textAttribute, type SearchAttribute } from '../org/search.ts'
import { loginOf, userId, type User } from '../org/users.ts'
import { createEventColumns, targetId, type LogTarget, type StoredEvent } from './columns.ts'

/** With the message that the log shows. */
const EVENTS = {
  'user.import.password': 'Import user password',
  'inline_hook.executed': 'Inline hook executed',
  'inline_hook.response.processed': 'Inline hook response processed',
  'inline_hook.activated': 'Inline hook activated',
  'inline_hook.deactivated': 'Inline hook deactivated',
  'user.session.start': 'User login to Okta',
  'user.account.reset_password': 'Fire a reset password for user',
  'user.account.update_password': 'User update password for Okta',
  'user.account.expire_password': 'Expire password for user',
  'user.account.lock': 'Max sign in attempts exceeded',
  'user.account.unlock': 'Unlock user account',
  'user.lifecycle.activate': 'Activate Okta user',
  'user.lifecycle.reactivate': 'Reactivate Okta user',
  'user.lifecycle.deactivate': 'Deactivate Okta user',
  'user.lifecycle.suspend': 'Suspend Okta user',
  'user.lifecycle.unsuspend': 'Unsuspend Okta user',
  'core.concurrency.org.limit.violation': 'Concurrency limit violation',
} as const

export type EventType = keyof typeof EVENTS

export interface NewEvent {
  readonly eventType: EventType
  readonly isSuccess: boolean
  readonly reason?: string | undefined
  readonly target?: LogTarget | undefined
  readonly debugData?: Readonly<Record<string, unknown>> | undefined
}

export const logTarget = (user: User): LogTarget => ({
  id: userId(user),
  type: 'User',
  alternateId: loginOf(user),
})

export const hookTarget = ({ id, name }: Hook): LogTarget => ({
  id,
  type: 'Inline Hook',
  alternateId: name,
})

export interface LogDeps {
  readonly now: () => number
  /** How much later than it happened the next event appears in the log. */
  readonly delayMs: () => number
}

export type LogEntry = StoredEvent<EventType>

const targetsOf = ({ targetType: type, targetIndex, alternateId }: LogEntry): LogTarget[] =>
  type ? [{ id: targetId(type, targetIndex), type, alternateId }] : []

/** The event as the API shows it. */
const eventView = (entry: LogEntry, uuid: string, debugData: Record<string, unknown>) => {
  const { eventType, isSuccess, reason } = entry
  return {
    uuid,
    published: new Date(entry.published).toISOString(),
    eventType,
    displayMessage: EVENTS[eventType],
    version: '0',
    severity: isSuccess ? 'INFO' : 'WARN',
    outcome: { result: isSuccess ? 'SUCCESS' : 'FAILURE', reason },
    target: targetsOf(entry),
    debugContext: { debugData },
  } as const
}

export type LogEvent = ReturnType<typeof eventView>

/** Makes ids that are not stored: those of one log differ in their last 12 digits. */
const createUuids = () => {
  const start = randomUUID().slice(0, -12)
  return (number: number): string => start + number.toString(16).padStart(12, '0')
}

type Waiting = NewEvent & { readonly published: number; readonly dueAt: number }

export const createSystemLog = ({ now, delayMs }: LogDeps) => {
  const columns = createEventColumns<EventType>()
  const uuidOf = createUuids()
  let waiting: Waiting[] = []
  let [latest, longestDelay] = [0, 0]

  const add = (event: Waiting): void => {
    const { eventType, isSuccess, reason = null, target, debugData, published, dueAt } = event
    latest = Math.max(latest, dueAt)
    longestDelay = Math.max(longestDelay, latest - published)
    const kind = { eventType, isSuccess, reason }
    columns.add({ ...kind, target, debugData, published, persisted: latest })
  }

  const addDue = (): void => {
    if (waiting.length === 0) return
    const due = waiting.filter(({ dueAt }) => dueAt <= now()).sort((a, b) => a.dueAt - b.dueAt)
    if (due.length === 0) return
    waiting = waiting.filter((event) => !due.includes(event))
    for (const event of due) add(event)
  }

  const view = (entry: LogEntry): LogEvent =>
    eventView(entry, uuidOf(entry.number), columns.debugData(entry.number))

  return {
    write(event: NewEvent): void {
      addDue()
      const published = now()
      const delay = delayMs()
      const added = { ...event, published, dueAt: published + delay }
      if (delay > 0) waiting.push(added)
      else add(added)
    },
    view,
    /** The events that have appeared by now. */
    columns() {
      addDue()
      return columns
    },
    /** The most by which an event appeared later than it happened. */
    get longestDelay() {
      return longestDelay
    },
    /** Oldest first. */
    *events(): Generator<LogEvent> {
      addDue()
      for (let number = columns.first; number < columns.end; number += 1) {
        yield view(columns.at(number))
      }
    },
  }
}

export type SystemLog = ReturnType<typeof createSystemLog>

/** Without `published`, which Okta refuses here: it has `since` and `until`. */
export const LOG_ATTRIBUTES = new Map<string, SearchAttribute<LogEntry>>([
  ['eventType', textAttribute(({ eventType }) => eventType)],
  ['outcome.result', textAttribute(({ isSuccess }) => (isSuccess ? 'SUCCESS' : 'FAILURE'))],
  ['target.id', textAttribute((entry) => targetsOf(entry).map(({ id }) => id))],
])
