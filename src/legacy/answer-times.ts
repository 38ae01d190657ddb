/** How long a legacy login takes to judge a password, so that an answer without a judgement takes as long. */
import { sleep, type Clock } from '../clock.ts'

/** So many of the newest times count: few enough to follow a system that becomes slower. */
const REMEMBERED = 31

/** What an answer needs to reach its caller before the deadline. */
const MARGIN_MS = 50

/** The work cannot be made equal, for it is done elsewhere; the time can come near. */
export const createAnswerTimes = (clock: Clock) => {
  const times: number[] = []

  const median = (): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0

  return {
    /** Records a judgement of a password. @param startedAt on the clock's scale */
    record: (startedAt: number): void => {
      times.push(clock.now() - startedAt)
      if (times.length > REMEMBERED) times.shift()
    },
    /**
     * Waits until a question that began at `startedAt` has taken as long as the median of those recorded.
     * @throws the signal's reason, where it is aborted first
     */
    waitForMedian: async (
      startedAt: number,
      deadline: number,
      signal: AbortSignal,
    ): Promise<void> => {
      const until = Math.min(startedAt + median(), deadline - MARGIN_MS)
      const ms = until - clock.now()
      if (ms > 0) await sleep(clock, ms, signal)
    },
  }
}
