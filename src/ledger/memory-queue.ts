/** The entries in memory until they are on this machine's disk, and how long an answer waits for that. */
import { endsWithin, type Clock } from '../clock.ts'
import type { LedgerEntry } from './entry.ts'
import type { LogSink } from '../call-record.ts'

/**
 * The most that an answer waits for its decision to be on this machine's disk, where no crash can take
 * it. A commit takes some milliseconds; after a longer one no answer waits until SLOW_DISK_MS have
 * passed. The longest deadline (HOOK_DEADLINE_MS) leaves 100 ms of Okta's 3 seconds.
 */
export const DISK_WAIT_MS = 50
export const SLOW_DISK_MS = 10_000

const SLOW_DISK_WARNING =
  "the ledger's disk is slow: for ten seconds, answers do not wait until their decision is on disk"

/** @returns a function that waits until an entry is persisted, as far as the disk is fast enough */
export const createDiskWait = (clock: Clock, log: LogSink) => {
  let slowUntil = -Infinity
  const isSlow = (): boolean => clock.now() < slowUntil
  return async (persisted: Promise<void>): Promise<void> => {
    if (isSlow() || (await endsWithin(clock, DISK_WAIT_MS, persisted)) || isSlow()) return
    slowUntil = clock.now() + SLOW_DISK_MS
    log.warn({}, SLOW_DISK_WARNING)
  }
}

interface Unpersisted {
  readonly entry: LedgerEntry
  readonly onPersisted: () => void
}

/** The queue, in the order of the decisions. If the thread dies, the next one gets all of it. */
export const createMemoryQueue = () => {
  const queue: Unpersisted[] = []
  /** How many of these, from the first, the thread has. */
  let sent = 0
  const takeUnsent = (): LedgerEntry[] => {
    const entries = queue.slice(sent).map(({ entry }) => entry)
    sent = queue.length
    return entries
  }
  return {
    get size() {
      return queue.length
    },
    /** @returns a promise that resolves when the entry is persisted */
    add: (entry: LedgerEntry): Promise<void> =>
      new Promise((resolve) => queue.push({ entry, onPersisted: resolve })),
    /** One batch at a time: what comes while one is written is the next, and shares its commit. */
    takeBatch: (): LedgerEntry[] => (sent === 0 ? takeUnsent() : []),
    takeUnsent,
    /** Everything, for a thread that has nothing yet. */
    takeAll: (): LedgerEntry[] => {
      sent = 0
      return takeUnsent()
    },
    /** Removes the oldest entries, since the thread has persisted them. */
    remove: (count: number): void => {
      for (const { onPersisted } of queue.splice(0, count)) onPersisted()
      sent -= count
    },
  }
}
