/** The log: JSON lines for machines, readable lines for a terminal, and fingerprints in place of logins. */
import { createHmac } from 'node:crypto'
import type { Writable } from 'node:stream'
import { pino, stdTimeFunctions, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Clock } from '../clock.ts'
import { escapeUnfit } from '../text/printable.ts'
import { createLogOutput } from './log-output.ts'

interface LogOptions {
  readonly level: string
  readonly isTerminal: boolean
  readonly stdout: Writable
  /** Gets the lines that `stdout` does not take. */
  readonly stderr: Writable
  readonly clock: Clock
}

export type Log = Logger & {
  /** Lines that could not be written to standard output, since the start. */
  readonly failures: number
}

/** Text in a line may come from strangers. Escaped, it controls no terminal and reverses no text. */
const escapeLine = (line: string): string => `${escapeUnfit(line.slice(0, -1))}\n`

const escapeText = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? escapeUnfit(value) : value

const prettify = prettyFactory({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })

export const createLog = ({ level, isTerminal, stdout, stderr, clock }: LogOptions): Log => {
  const output = createLogOutput(stdout, stderr, clock, (missing) =>
    log.warn({ missing }, 'lines of the log could not be written to standard output'),
  )
  const form = isTerminal ? (line: string) => prettify(JSON.parse(line, escapeText)) : escapeLine
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
