/** Where the lines of the log go: to standard output, and to standard error while that takes none. */
import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'

/** A reader that is slower than the log: beyond this its lines are refused, and memory stays free. */
const MAX_WAITING_BYTES = 1024 * 1024

/** A stream that failed may take lines again: a full disk gets room, and a slow reader goes on. */
const RETRY_MS = 1_000

export interface LogOutput {
  write(line: string): void
  /** Lines that standard output did not take, since the start. */
  readonly failures: number
}

/** Takes a line now, or says at once or later why not: the code of an error, or `SLOW_READER`. */
type Put = (line: string, refuse: (why: string) => void, take?: () => void) => void

const codeOf = (err: Error): string => ('code' in err ? String(err.code) : err.name)

const createPut = (stream: Writable, clock: Clock): Put => {
  let [retryAt, reason] = [-Infinity, '']
  // Each write is told of its own failure. Without a listener the event would end the process.
  stream.on('error', () => undefined)
  const fail = (why: string, refuse: (why: string) => void): void => {
    ;[retryAt, reason] = [clock.now() + RETRY_MS, why]
    refuse(why)
  }
  return (line, refuse, take) => {
    if (clock.now() < retryAt) refuse(reason)
    else if (stream.writableLength > MAX_WAITING_BYTES) fail('SLOW_READER', refuse)
    else stream.write(line, (err) => (err ? fail(codeOf(err), refuse) : take?.()))
  }
}

/**
 * Never waits and never throws: a broken pipe (EPIPE), a full disk (ENOSPC) or a reader that has stopped
 * must not cost anybody a sign-in. What neither stream takes is lost, and counted.
 * @param onReturn told when standard output takes lines again, and how many it did not take
 */
export const createLogOutput = (
  stdout: Writable,
  stderr: Writable,
  clock: Clock,
  onReturn: (missing: number) => void,
): LogOutput => {
  const first = createPut(stdout, clock)
  const second = createPut(stderr, clock)
  let [failures, missing] = [0, 0]
  const drop = (): void => undefined
  const divert = (line: string, why: string): void => {
    const notice = `okta-migrate: standard output takes no log (${why}): it continues here\n`
    if (missing === 0) second(notice, drop)
    failures++
    missing++
    second(line, drop)
  }
  const takeAgain = (): void => {
    if (missing === 0) return
    const count = missing
    missing = 0
    onReturn(count)
  }
  return {
    write: (line) => first(line, (why) => divert(line, why), takeAgain),
    get failures() {
      return failures
    },
  }
}
