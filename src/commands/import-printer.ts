/** The requests of a dry run, printed at the pace of their reader, also of one who has had enough. */
import { maskRequest, type CreateUser } from '../import/prepare.ts'
import type { Host } from './host.ts'
import type { ImportOptions } from './import-options.ts'

/** Enough to see what is sent. */
const SAMPLES = 3

/** @returns what writes a line, and is done when the next may follow */
const createPrinter = (stream: NodeJS.WritableStream): ((line: string) => Promise<void>) => {
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

/** All of them as JSON lines with `--print`, else three: for people, or as events. */
export const createRequestPrinter = (
  { stdout }: Pick<Host, 'stdout'>,
  { print: isAll, json }: Pick<ImportOptions, 'print' | 'json'>,
): ((request: CreateUser) => Promise<void>) => {
  const print = createPrinter(stdout)
  let printed = 0
  const format = (request: CreateUser): string => {
    const masked = maskRequest(request)
    if (json) return JSON.stringify({ event: 'request', ...masked })
    if (isAll) return JSON.stringify(masked)
    const body = JSON.stringify(masked.body, undefined, 2)
    return `Sample request ${printed}:\n${request.method} ${request.path}\n${body}\n`
  }
  return async (request) => {
    if (!isAll && printed >= SAMPLES) return
    printed++
    await print(`${format(request)}\n`)
  }
}
