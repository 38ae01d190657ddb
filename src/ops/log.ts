/** The log: JSON lines for machines, readable ones for a terminal, and how a login is named in it. */
import { createHmac } from 'node:crypto'
import type { Writable } from 'node:stream'
import { pino, stdTimeFunctions, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Clock } from '../clock.ts'
import { escapeUnfit } from '../text/printable.ts'
import { createLogOutput } from './log-output.ts'

export interface LogOptions {
  readonly level: string
  readonly isTerminal: boolean
  readonly stdout: Writable
  /** Takes the lines that `stdout` does not. */
  readonly stderr: Writable
  readonly clock: Clock
}

export type Log = Logger & {
  /** Lines that standard output did not take, since the start. */
  readonly failures: number
}

/** What is in a line may come from strangers: as an escape it steers no terminal and reverses no text. */
const escapeLine = (line: string): string => `${escapeUnfit(line.slice(0, -1))}\n`

const escapeText = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? escapeUnfit(value) : value

const prettify = prettyFactory({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })

export const createLog = ({ level, isTerminal, stdout, stderr, clock }: LogOptions): Log => {
  const output = createLogOutput(stdout, stderr, clock, (missing) =>
    log.warn({ missing }, 'standard output did not take these lines of the log'),
  )
  const form = isTerminal ? (line: string) => prettify(JSON.parse(line, escapeText)) : escapeLine
  const formatters = isTerminal ? {} : { level: (label: string) => ({ level: label }) }
  const log: Logger = pino(
    { level, timestamp: stdTimeFunctions.isoTime, formatters },
    { write: (line) => output.write(form(line)) },
  )
  return Object.defineProperty(log as Log, 'failures', { get: () => output.failures })
}

/** The console's own ways to the outputs, which a library may take. */
const CONSOLE = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const

/** Characters of a library's sentence: it is not ours, so nobody knows how long it may be. */
const MAX_SENTENCE = 200

/** Puts what libraries write to the console into the log: their sentence, and none of the data that comes with it. */
export const logConsole = (log: Logger, target: Partial<Console> = globalThis.console): void => {
  const warn = (...[said]: unknown[]): void => {
    const text = typeof said === 'string' ? said.slice(0, MAX_SENTENCE) : typeof said
    log.warn({ text }, 'a library has a warning')
  }
  Object.assign(target, Object.fromEntries(CONSOLE.map((method) => [method, warn])))
}

/**
 * A keyed fingerprint of a login or another name: the same for the same name and key, so that lines can be
 * matched, and of no use to a reader without the key.
 */
export const fingerprint =
  (key: string, kind: 'login' | 'person' = 'login') =>
  (name: string): string =>
    createHmac('sha256', key).update(`${kind}\0`).update(name).digest('base64url').slice(0, 16)
