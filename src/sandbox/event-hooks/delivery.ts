/** Sends the events of the System Log to event hooks in batches: late, twice, out of order or never, as faults say. */
import { randomUUID } from 'node:crypto'
import type { HookCaller } from '../hook-call.ts'
import type { LogEvent } from '../log/system-log.ts'
import type { Org } from '../org/org.ts'
import { eventHookHref, eventHookTarget, type EventHook } from './hooks.ts'
import { DAY_MS } from '../../clock.ts'

/** Events of such a time are sent together. Okta has "a short time" ("Event hooks"). */
const WINDOW_MS = 1_000
const MAX_BATCH = 100
/** By which an event that is out of order comes too late. */
const HELD_BACK_MS = 60_000
/** For each hook; Okta sends no more than these in a day. */
const MAX_WAITING = 400_000

interface Waiting {
  /** Of the event in the System Log. */
  readonly number: number
  readonly dueAt: number
}

const createCounts = () => ({ requests: 0, delivered: 0, failed: 0, dropped: 0, overLimit: 0 })

/** @returns a function that says whether an event may still be sent in its 24 hours, and counts it */
const createDailyLimit = (limit: () => number) => {
  let [startedAt, used] = [-Infinity, 0]
  return (at: number): boolean => {
    if (at >= startedAt + DAY_MS) [startedAt, used] = [at, 0]
    if (used >= limit()) return false
    used += 1
    return true
  }
}

const createQueue = () => ({
  waiting: [] as Waiting[],
  /** Those that are due, in the order in which they are due. */
  due: [] as Waiting[],
  isSending: false,
})

type Queue = ReturnType<typeof createQueue>

const lengthOf = ({ waiting, due }: Queue): number => waiting.length + due.length

const takeBatch = (queue: Queue, now: number): Waiting[] => {
  if (queue.due.length === 0) {
    queue.due = queue.waiting.filter(({ dueAt }) => dueAt <= now)
    queue.due.sort((a, b) => a.dueAt - b.dueAt)
    queue.waiting = queue.waiting.filter(({ dueAt }) => dueAt > now)
  }
  return queue.due.splice(0, MAX_BATCH)
}

const bodyFor = (hook: EventHook, at: number, events: readonly LogEvent[]): object => ({
  eventType: 'com.okta.event_hook',
  eventTypeVersion: '1.0',
  cloudEventsVersion: '0.1',
  contentType: 'application/json',
  eventId: randomUUID(),
  eventTime: new Date(at).toISOString(),
  source: eventHookHref(hook),
  data: { events },
})

const isReceived = ({ outcome }: Awaited<ReturnType<HookCaller>>): boolean =>
  outcome.kind === 'decided' ||
  (outcome.kind === 'unusable' && outcome.status >= 200 && outcome.status <= 299)

/** When each copy of an event is due; none if it is lost. */
const plan = ({ faults }: Org, at: number): number[] => {
  const { eventDropRate, eventDuplicateRate, eventReorderRate } = faults.current
  if (faults.occurs(eventDropRate)) return []
  const copies = faults.occurs(eventDuplicateRate) ? 2 : 1
  return Array.from({ length: copies }, () => {
    const heldBack = faults.occurs(eventReorderRate) ? HELD_BACK_MS : 0
    return at + WINDOW_MS + heldBack + faults.eventDelayMs()
  })
}

/** Sends batches to hooks that are live, and counts what happened to their events. */
const createSender = (org: Org, callHook: HookCaller) => {
  const { log, eventHooks, faults } = org
  const isAllowed = createDailyLimit(() => faults.current.eventLimit)
  const counts = createCounts()

  const send = async (hook: EventHook, batch: readonly Waiting[]): Promise<void> => {
    const columns = log.columns()
    const isLive = eventHooks.isLive(hook)
    const kept = batch.filter(({ number }) => isLive && number >= columns.first)
    const allowed = kept.filter(({ dueAt }) => isAllowed(dueAt))
    counts.dropped += batch.length - kept.length
    counts.overLimit += kept.length - allowed.length
    const last = allowed.at(-1)
    if (!last) return
    const events = allowed.map(({ number }) => log.view(columns.at(number)))
    const body = bodyFor(hook, last.dueAt, events)
    const result = await callHook(hook.settings.channel, body)
    counts.requests += result.attempts
    if (isReceived(result)) {
      counts.delivered += events.length
      return
    }
    counts.failed += events.length
    const reason = 'why' in result.outcome ? result.outcome.why : undefined
    const [eventType, target] = ['event_hook.delivery', eventHookTarget(hook)] as const
    log.write({ eventType, isSuccess: false, reason, target })
  }

  return { send, counts }
}

type Send = ReturnType<typeof createSender>['send']

/** The queues of all hooks, with one timer for whichever is due first. */
const createQueues = ({ clock, wallClock }: Org, send: Send) => {
  const queues = new Map<EventHook, Queue>()
  const queueOf = (hook: EventHook): Queue => {
    const queue = queues.get(hook) ?? createQueue()
    queues.set(hook, queue)
    return queue
  }
  let [nextAt, isStopped] = [Infinity, false]
  let cancel = (): void => undefined

  /** Wakes up at that time, unless it is awake before. */
  const wakeAt = (at: number): void => {
    if (at >= nextAt || isStopped) return
    cancel()
    nextAt = at
    cancel = clock.after(Math.max(0, at - wallClock.epoch()), flush)
  }

  const drain = async (hook: EventHook, queue: Queue): Promise<void> => {
    if (queue.isSending) return
    queue.isSending = true
    for (;;) {
      const batch = takeBatch(queue, wallClock.epoch())
      if (batch.length === 0 || isStopped) break
      await send(hook, batch)
    }
    queue.isSending = false
    wakeAt(queue.waiting.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity))
  }

  const flush = (): void => {
    cancel()
    nextAt = Infinity
    for (const [hook, queue] of queues) {
      if (!queue.isSending && lengthOf(queue) === 0) queues.delete(hook)
      else void drain(hook, queue)
    }
  }

  return {
    flush,
    lengthOf: (hook: EventHook) => lengthOf(queueOf(hook)),
    put(hook: EventHook, number: number, dueAt: number): void {
      queueOf(hook).waiting.push({ number, dueAt })
      wakeAt(dueAt)
    },
    length: () => [...queues.values()].reduce((sum, queue) => sum + lengthOf(queue), 0),
    stop: (): void => {
      isStopped = true
      cancel()
    },
  }
}

export const createDelivery = (org: Org, callHook: HookCaller) => {
  const { log, eventHooks } = org
  const { send, counts } = createSender(org, callHook)
  const queues = createQueues(org, send)

  log.onAdded((entry) => {
    const hooks = eventHooks.list().filter(eventHooks.isLive)
    if (hooks.length === 0) return
    const event = log.view(entry)
    for (const hook of hooks.filter(({ wants }) => wants(event))) {
      const isFull = queues.lengthOf(hook) >= MAX_WAITING
      const times = isFull ? [] : plan(org, entry.persisted)
      if (times.length === 0) counts.dropped += 1
      for (const dueAt of times) queues.put(hook, entry.number, dueAt)
    }
  })

  return {
    /** Sends what is due, for example since the clock jumped. */
    flush: (): void => {
      log.columns()
      queues.flush()
    },
    /** What happened to the events so far. */
    counts: () => ({ ...counts, waiting: queues.length() }),
    stop: queues.stop,
  }
}

export type Delivery = ReturnType<typeof createDelivery>
