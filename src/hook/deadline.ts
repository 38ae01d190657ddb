/** Owns the limit on waiting: what has not come by its deadline has failed. */
import type { Clock } from '../clock.ts'
import { AppError, type ErrorCode } from '../errors.ts'

/**
 * Waits for a result until `deadline` (on the clock's scale), and no longer.
 * @throws AppError of that code when the deadline comes first
 */
export const byDeadline = async <T>(
  result: Promise<T>,
  deadline: number,
  clock: Clock,
  code: ErrorCode,
): Promise<T> => {
  let cancelTimer = (): void => undefined
  const tooLate = new Promise<never>((_, reject) => {
    cancelTimer = clock.after(deadline - clock.now(), () => reject(new AppError(code)))
  })
  try {
    return await Promise.race([result, tooLate])
  } finally {
    cancelTimer()
  }
}
