/** Stores the events of the System Log as numbers in columns: a million of them take about 40 MB. */
import { indexOfId, makeId } from '../ids.ts'
import { createNumbered } from './numbered.ts'
import { SOURCES, SYSTEM, type LogSource } from './source.ts'

/** When there are more, the oldest are lost. Okta keeps all of 90 days. */
export const MAX_EVENTS = 2 ** 20
const BLOCK_SIZE = 2 ** 14
/** Kept for the latest events only, since a hook can send 256 KB with each answer. */
const MAX_DEBUG_CHARS = 16 * 1024 * 1024
const DEBUG_OVERHEAD = 100

const ID_PREFIXES = { User: '00u', 'Inline Hook': 'cal', 'Event Hook': 'who' } as const

export interface LogTarget {
  readonly id: string
  readonly type: keyof typeof ID_PREFIXES
  readonly alternateId: string
}

/** What many events have in common. */
interface EventKind<T extends string> {
  readonly eventType: T
  readonly isSuccess: boolean
  readonly reason: string | null
  readonly targetType: LogTarget['type'] | undefined
}

export interface StoredEvent<T extends string> extends EventKind<T> {
  /** The order in which events appeared in the log. */
  readonly number: number
  /** When it happened, and when it appeared in the log. */
  readonly published: number
  readonly persisted: number
  readonly targetIndex: number
  readonly alternateId: string
  readonly source: LogSource
}

export interface AddedEvent<T extends string> extends Pick<
  EventKind<T>,
  'eventType' | 'isSuccess' | 'reason'
> {
  readonly published: number
  readonly persisted: number
  readonly target: LogTarget | undefined
  /** If not Okta itself. */
  readonly source?: LogSource | undefined
  readonly debugData: Readonly<Record<string, unknown>> | undefined
}

export const targetId = (type: LogTarget['type'], index: number): string =>
  makeId(ID_PREFIXES[type], index)

const createBlock = () => ({
  published: new Float64Array(BLOCK_SIZE),
  persisted: new Float64Array(BLOCK_SIZE),
  kind: new Uint16Array(BLOCK_SIZE),
  source: new Uint16Array(BLOCK_SIZE),
  target: new Uint32Array(BLOCK_SIZE),
  /** The strings belong to the users' profiles. */
  alternateId: Array<string>(BLOCK_SIZE).fill(''),
})

const kindKey = (kind: EventKind<string>): string =>
  `${kind.eventType} ${kind.isSuccess} ${kind.targetType} ${kind.reason}`

/** Texts by the number of their event, the oldest of which are dropped. */
const createDebugTexts = () => {
  const texts = new Map<number, string>()
  let [size, oldest] = [0, 0]
  return {
    add(number: number, data: object): void {
      const text = JSON.stringify(data)
      texts.set(number, text)
      size += text.length + DEBUG_OVERHEAD
      for (; size > MAX_DEBUG_CHARS; oldest += 1) {
        const old = texts.get(oldest)
        if (old === undefined) continue
        texts.delete(oldest)
        size -= old.length + DEBUG_OVERHEAD
      }
    },
    of: (number: number) => JSON.parse(texts.get(number) ?? '{}') as Record<string, unknown>,
  }
}

/** Finds the column of an event, and its place in it. */
const createPlaces = () => {
  const blocks: ReturnType<typeof createBlock>[] = []
  return (number: number) => {
    const slot = number % MAX_EVENTS
    const block = (blocks[Math.floor(slot / BLOCK_SIZE)] ??= createBlock())
    return { block, at: slot % BLOCK_SIZE }
  }
}

export const createEventColumns = <T extends string>() => {
  const place = createPlaces()
  const kinds = createNumbered<EventKind<T>>(kindKey, (kind) => ({ ...kind, reason: 'other' }))
  const sources = createNumbered<LogSource>(SOURCES.keyOf, SOURCES.whenFull)
  const debug = createDebugTexts()
  let count = 0

  const persistedAt = (number: number): number => {
    const { block, at } = place(number)
    return block.persisted[at] ?? Number.NaN
  }

  return {
    /** The number of the oldest event that is kept, and that of the next one. */
    get first() {
      return Math.max(0, count - MAX_EVENTS)
    },
    get end() {
      return count
    },
    add({ published, persisted, target, source, debugData, ...kind }: AddedEvent<T>): void {
      const { block, at } = place(count)
      block.published[at] = published
      block.persisted[at] = persisted
      block.kind[at] = kinds.numberOf({ ...kind, targetType: target?.type })
      block.source[at] = sources.numberOf(source ?? SYSTEM)
      block.target[at] = target ? (indexOfId(ID_PREFIXES[target.type], target.id) ?? 0) : 0
      block.alternateId[at] = target?.alternateId ?? ''
      if (debugData) debug.add(count, debugData)
      count += 1
    },
    /** @throws RangeError for the number of no event */
    at(number: number): StoredEvent<T> {
      const { block, at } = place(number)
      const kind = kinds.at(block.kind[at] ?? 0)
      if (!kind || number >= count) throw new RangeError(`no event ${number}`)
      return {
        ...kind,
        number,
        published: block.published[at] ?? Number.NaN,
        persisted: block.persisted[at] ?? Number.NaN,
        targetIndex: block.target[at] ?? 0,
        alternateId: block.alternateId[at] ?? '',
        source: sources.at(block.source[at] ?? 0) ?? SYSTEM,
      }
    },
    debugData: debug.of,
    /** The number of the first event that appeared at this time or later; `end` if there is none. */
    firstPersistedFrom(time: number): number {
      let [low, high] = [Math.max(0, count - MAX_EVENTS), count]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if (persistedAt(middle) >= time) high = middle
        else low = middle + 1
      }
      return low
    },
  }
}

export type EventColumns<T extends string> = ReturnType<typeof createEventColumns<T>>
