/** Owns the count of what is under way, and the wait for it to become less. */
import { setImmediate } from 'node:timers/promises'

/** For one waiter at a time. */
export const createInFlight = (size: number) => {
  let inFlight = 0
  let wake = (): void => undefined
  const ended = (): void => {
    inFlight--
    wake()
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return {
    inFlight: () => inFlight,
    enter: (work: Promise<unknown>) => {
      inFlight++
      void work.finally(ended)
    },
    room: async () => {
      await until(() => inFlight < size)
      // Whatever else has ended by now shares the next commit, which may take as long as the disk likes.
      await setImmediate()
      return size - inFlight
    },
    empty: () => until(() => inFlight === 0),
  }
}
