/** Counts the operations in flight, and waits until there is room for more or none is left. */
import { setImmediate } from 'node:timers/promises'

/** For one waiter at a time. */
export const createInFlight = (size: number) => {
  let count = 0
  let wake = (): void => undefined
  const ended = (): void => {
    count--
    wake()
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return {
    count: () => count,
    add: (work: Promise<unknown>) => {
      count++
      void work.finally(ended)
    },
    room: async () => {
      await until(() => count < size)
      // What else has ended by now then shares the next commit, which the disk may delay.
      await setImmediate()
      return size - count
    },
    empty: () => until(() => count === 0),
  }
}
