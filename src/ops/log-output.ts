/** Writes the lines of the log to standard output, and to standard error while that fails. */
import type { Writable } from 'node:stream'
import type { Clock } from '../clock.ts'

/** The limit where a reader is slower than the log: beyond it, lines are refused, so that memory stays free. */
const MAX_WAITING_BYTES = 1024 * 1024

/** A stream that failed may work again: a full disk gets room, and a slow reader goes on. */
const RETRY_MS = 1_000

export interface LogOutput {
  write(line: string): void
  /** Lines that could not be written to standard output, since the start. */
  readonly failures: number
}

/** Writes a line, or calls `refuse`, now or later, with the reason: the code of an error, or `SLOW_READER`. */
type WriteLine = (line: string, refuse: (why: string) => void, onWritten?: () => void) => void

const codeOf = (err: Error): string => ('code' in err ? String(err.code) : err.name)

const createWriter = (stream: Writable, clock: Clock): WriteLine => {
  let [retryAt, reason] = [-Infinity, '']
  // Each write gets its own error. Without a listener, the event would end the process.
  stream.on('error', () => undefined)
  const fail = (why: string, refuse: (why: string) => void): void => {
    ;[retryAt, reason] = [clock.now() + RETRY_MS, why]
    refuse(why)
  }
  return (line, refuse, onWritten) => {
    if (clock.now() < retryAt) refuse(reason)
    else if (stream.writableLength > MAX_WAITING_BYTES) fail('SLOW_READER', refuse)
    else stream.write(line, (err) => (err ? fail(codeOf(err), refuse) : onWritten?.()))
  }
}

/**
 * Never waits and never throws: a broken pipe (EPIPE), a full disk (ENOSPC) or a reader that has stopped
 * must not keep anybody from signing in. Lines that neither stream takes are lost, and counted.
 * @param onRecovery called when standard output works again, with the number of lines that it did not take
 */
export const createLogOutput = (
  stdout: Writable,
  stderr: Writable,
  clock: Clock,
  onRecovery: (missing: number) => void,
): LogOutput => {
  const first = createWriter(stdout, clock)
  const second = createWriter(stderr, clock)
  let [failures, missing] = [0, 0]
  const drop = (): void => undefined
  const divert = (line: string, why: string): void => {
    const notice = `okta-migrate: the log cannot be written to standard output (${why}). It continues here.\n`
    if (missing === 0) second(notice, drop)
    failures++
    missing++
    second(line, drop)
  }
  const recover = (): void => {
    if (missing === 0) return
    const count = missing
    missing = 0
    onRecovery(count)
  }
  return {
    write: (line) => first(line, (why) => divert(line, why), recover),
    get failures() {
      return failures
    },
  }
}
