/** The log: JSON lines for machines, readable lines for a terminal, where they go, and fingerprints in place of logins. */
import { createHmac } from 'node:crypto'
import type { Writable } from 'node:stream'
import { pino, stdTimeFunctions, type Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { escapeUnfit } from '../text/printable.ts'

/** The limit where a reader is slower than the log: beyond it, lines are refused, so that memory stays free. */
const MAX_WAITING_BYTES = 1024 * 1024

/** A stream that failed may work again: a full disk gets room, and a slow reader goes on. */
const RETRY_MS = 1_000

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
) => {
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
    write: (line: string): void => first(line, (why) => divert(line, why), recover),
    /** Lines that could not be written to standard output, since the start. */
    get failures() {
      return failures
    },
  }
}

interface LogOptions {
  readonly level: string
  readonly isTerminal: boolean
  readonly stdout: Writable
  /** Gets the lines that `stdout` does not take. */
  readonly stderr: Writable
  readonly clock: Clock
}

export type Log = Logger & {
  /** As those of `createLogOutput`. */
  readonly failures: number
}

/** Text in a line may come from strangers. Escaped, it controls no terminal and reverses no text. */
const escapeLine = (line: string): string => `${escapeUnfit(line.slice(0, -1))}\n`

const escapeText = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? escapeUnfit(value) : value

/** Loaded for a terminal only. */
const loadPrettify = async (): Promise<(line: string) => string> => {
  const { prettyFactory } = await import('pino-pretty')
  const prettify = prettyFactory({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
  return (line) => prettify(JSON.parse(line, escapeText))
}

export const createLog = async ({
  level,
  isTerminal,
  stdout,
  stderr,
  clock,
}: LogOptions): Promise<Log> => {
  const output = createLogOutput(stdout, stderr, clock, (missing) =>
    log.warn({ missing }, 'lines of the log could not be written to standard output'),
  )
  const form = isTerminal ? await loadPrettify() : escapeLine
  const formatters = isTerminal ? {} : { level: (label: string) => ({ level: label }) }
  const log: Logger = pino(
    { level, timestamp: stdTimeFunctions.isoTime, formatters },
    { write: (line) => output.write(form(line)) },
  )
  return Object.defineProperty(log as Log, 'failures', { get: () => output.failures })
}

/** The console's methods that write, which a library may call. */
const CONSOLE = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const

/** The most characters of a library's message, which may be of any length. */
const MAX_MESSAGE = 200

/** Writes what libraries send to the console into the log: their message, without the data that comes with it. */
export const logConsole = (log: Logger, target: Partial<Console> = globalThis.console): void => {
  const warn = (...[message]: unknown[]): void => {
    const text = typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : typeof message
    log.warn({ text }, 'warning from a library')
  }
  Object.assign(target, Object.fromEntries(CONSOLE.map((method) => [method, warn])))
}

/**
 * A keyed fingerprint of a login or another name. It is the same for the same name and key, so that lines can be
 * matched, and useless to a reader without the key.
 */
export const fingerprint =
  (key: string, kind: 'login' | 'person' = 'login') =>
  (name: string): string =>
    createHmac('sha256', key).update(`${kind}\0`).update(name).digest('base64url').slice(0, 16)
