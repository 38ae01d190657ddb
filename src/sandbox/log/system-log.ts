/** The System Log of an org: which events there are, writing them, and how they look. */
import { randomUUID } from 'node:crypto'
import type { Hook } from '../org/hooks.ts'
import { textAttribute, type SearchAttribute } from '../org/search.ts'
import { loginOf, userId, type User } from '../org/users.ts'
import { clientView, SYSTEM_ACTOR, type LogActor, type LogSource } from './source.ts'
import { createEventColumns, targetId, type LogTarget, type StoredEvent } from './columns.ts'

/** With the message that the log shows. */
const EVENTS = {
  'user.import.password': 'Import user password',
  'inline_hook.executed': 'Inline hook executed',
  'inline_hook.response.processed': 'Inline hook response processed',
  'inline_hook.activated': 'Inline hook activated',
  'inline_hook.deactivated': 'Inline hook deactivated',
  'event_hook.created': 'Create Event hook',
  'event_hook.updated': 'Update Event hook',
  'event_hook.deleted': 'Delete Event hook',
  'event_hook.activated': 'Activate Event hook',
  'event_hook.deactivated': 'Deactivate Event hook',
  'event_hook.verified': 'Verify Event hook',
  'event_hook.delivery': 'Deliver Event hook',
  'user.session.start': 'User login to Okta',
  'user.account.reset_password': 'Fire a reset password for user',
  'user.account.update_password': 'User update password for Okta',
  'user.account.expire_password': 'Expire password for user',
  'user.account.lock': 'Max sign in attempts exceeded',
  'user.account.unlock': 'Unlock user account',
  'user.account.update_profile': 'Update user profile for Okta',
  'user.lifecycle.create': 'Create okta user',
  'user.lifecycle.delete.completed': 'Delete Okta user completed',
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
  /** If not Okta itself. */
  readonly source?: LogSource | undefined
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
  /** The name of the user with this id, if there is one. */
  readonly nameOf?: (id: string) => string | undefined
}

type NameOf = NonNullable<LogDeps['nameOf']>

export type LogEntry = StoredEvent<EventType>

const targetsOf = ({ targetType: type, targetIndex, alternateId }: LogEntry): LogTarget[] =>
  type ? [{ id: targetId(type, targetIndex), type, alternateId }] : []

/** Without a target there is no user who could have acted. */
const actorOf = (entry: LogEntry, nameOf: NameOf): LogActor => {
  const { actor } = entry.source
  if (actor !== 'target') return actor
  const [user] = targetsOf(entry)
  if (user?.type !== 'User') return SYSTEM_ACTOR
  return { ...user, type: 'User', displayName: nameOf(user.id) ?? user.alternateId }
}

interface ViewParts {
  readonly uuid: string
  readonly debugData: Record<string, unknown>
  readonly nameOf: NameOf
}

/** The event as the API shows it. */
const eventView = (entry: LogEntry, { uuid, debugData, nameOf }: ViewParts) => {
  const { eventType, isSuccess, reason } = entry
  return {
    uuid,
    published: new Date(entry.published).toISOString(),
    eventType,
    displayMessage: EVENTS[eventType],
    version: '0',
    severity: isSuccess ? 'INFO' : 'WARN',
    outcome: { result: isSuccess ? 'SUCCESS' : 'FAILURE', reason },
    actor: actorOf(entry, nameOf),
    client: clientView(entry.source.client),
    target: targetsOf(entry).map((target) => ({
      ...target,
      displayName: nameOf(target.id) ?? target.alternateId,
    })),
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

/** Events that happened, and that appear in the log later. */
const createLate = (now: () => number) => {
  let waiting: Waiting[] = []
  return {
    push: (event: Waiting): void => void waiting.push(event),
    takeDue(): Waiting[] {
      const due = waiting.filter(({ dueAt }) => dueAt <= now())
      if (due.length > 0) waiting = waiting.filter((event) => !due.includes(event))
      return due.sort((a, b) => a.dueAt - b.dueAt)
    },
  }
}

export const createSystemLog = ({ now, delayMs, nameOf = () => undefined }: LogDeps) => {
  const columns = createEventColumns<EventType>()
  const uuidOf = createUuids()
  const late = createLate(now)
  let listener: ((entry: LogEntry) => void) | undefined
  let [latest, longestDelay] = [0, 0]

  const add = (event: Waiting): void => {
    const { eventType, isSuccess, reason = null, target, source, debugData } = event
    const { published, dueAt } = event
    latest = Math.max(latest, dueAt)
    longestDelay = Math.max(longestDelay, latest - published)
    const kind = { eventType, isSuccess, reason }
    columns.add({ ...kind, target, source, debugData, published, persisted: latest })
    listener?.(columns.at(columns.end - 1))
  }

  const addDue = (): void => {
    for (const event of late.takeDue()) add(event)
  }

  const view = (entry: LogEntry): LogEvent =>
    eventView(entry, {
      uuid: uuidOf(entry.number),
      debugData: columns.debugData(entry.number),
      nameOf,
    })

  return {
    write(event: NewEvent): void {
      addDue()
      const published = now()
      const delay = delayMs()
      const added = { ...event, published, dueAt: published + delay }
      if (delay > 0) late.push(added)
      else add(added)
    },
    view,
    /** Calls `listen` for each event that appears in the log from now on. */
    onAdded: (listen: (entry: LogEntry) => void): void => void (listener = listen),
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
  ['actor.id', textAttribute((entry) => actorOf(entry, () => undefined).id)],
])
