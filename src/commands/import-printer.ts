/** Owns printing at the pace of whoever reads, also of one who has had enough. */

/** @returns what writes a line, and is done when the next may follow */
export const createPrinter = (stream: NodeJS.WritableStream): ((line: string) => Promise<void>) => {
  let isGone = false
  let waiting: Promise<void> | undefined
  const untilDrained = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting = undefined
        resolve()
      }
      stream.once('drain', done)
      stream.once('error', done)
    })
  stream.on('error', () => (isGone = true))
  return async (line) => {
    if (!isGone && !stream.write(line)) waiting ??= untilDrained()
    await waiting
  }
}
