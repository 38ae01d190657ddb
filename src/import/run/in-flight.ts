/** Counts the operations in flight, and waits until there is room for more or none is left. */
import { setImmediate } from 'node:timers/promises'
import { systemClock, type Clock } from '../../clock.ts'

/**
 * For one waiter at a time.
 * @param gatherMs how long room is waited for at most until half of the operations have ended: they share the next
 * commit, which the disk may delay, while the other half keeps Okta busy
 */
export const createInFlight = (size: number, gatherMs = 0, clock: Clock = systemClock) => {
  let count = 0
  let wake = (): void => undefined
  const ended = (): void => {
    count--
    wake()
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
  }
  const gather = async (): Promise<void> => {
    let isTimeUp = false
    const cancel = clock.after(gatherMs, () => {
      isTimeUp = true
      wake()
    })
    await until(() => isTimeUp || count <= size / 2)
    cancel()
  }
  return {
    count: () => count,
    add: (work: Promise<unknown>) => {
      count++
      void work.finally(ended)
    },
    room: async () => {
      await until(() => count < size)
      await setImmediate()
      // Rows that are only read, or end at once, need not wait.
      if (gatherMs > 0 && count > 0) await gather()
      return size - count
    },
    empty: () => until(() => count === 0),
  }
}
