/** Owns the System Log: the events that matter to a migration, the latest of them. */
import { randomUUID } from 'node:crypto'
import { createRing } from './ring.ts'
import type { Attribute } from './search.ts'
import type { Wall } from './wall.ts'

const KEPT = 1_000

type EventType =
  | 'user.import.password'
  | 'inline_hook.executed'
  | 'inline_hook.response.processed'
  | 'user.session.start'
  | 'core.concurrency.org.limit.violation'

export interface LogTarget {
  readonly id: string
  readonly type: 'User' | 'Inline Hook'
  readonly alternateId: string
}

export interface LogEvent {
  readonly uuid: string
  readonly published: string
  readonly eventType: EventType
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
}

export const createSystemLog = (wall: Wall): SystemLog => {
  const ring = createRing<LogEvent>(KEPT)
  return {
    write({ eventType, isSuccess, reason, target = [], debugData = {} }) {
      ring.push({
        uuid: randomUUID(),
        published: wall.iso(),
        eventType,
        severity: isSuccess ? 'INFO' : 'WARN',
        outcome: { result: isSuccess ? 'SUCCESS' : 'FAILURE', reason: reason ?? null },
        target,
        debugContext: { debugData },
      })
    },
    events: () => ring.values(),
  }
}

export const LOG_ATTRIBUTES: ReadonlyMap<string, Attribute<LogEvent>> = new Map(
  Object.entries<Attribute<LogEvent>>({
    eventType: { isDate: false, read: ({ eventType }) => eventType },
    'outcome.result': { isDate: false, read: ({ outcome }) => outcome.result },
    'target.id': { isDate: false, read: ({ target }) => target[0]?.id },
    published: { isDate: true, read: ({ published }) => published },
  }),
)
