/** Owns the log: JSON lines for machines, readable ones for a terminal, and how a login is named in it. */
import { createHmac } from 'node:crypto'
import { pino, stdTimeFunctions, type Logger } from 'pino'
import pretty from 'pino-pretty'

export interface LogOptions {
  readonly level: string
  readonly isTerminal: boolean
  readonly stream: NodeJS.WritableStream
}

export const createLog = ({ level, isTerminal, stream }: LogOptions): Logger => {
  const options = { level, timestamp: stdTimeFunctions.isoTime }
  if (!isTerminal) {
    const formatters = { level: (label: string) => ({ level: label }) }
    return pino({ ...options, formatters }, stream)
  }
  return pino(
    options,
    pretty({ destination: stream, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }),
  )
}

/**
 * A keyed fingerprint of a login or another name: the same for the same name and key, so that lines can be
 * matched, and of no use to a reader without the key.
 */
export const fingerprint =
  (key: string, kind: 'login' | 'person' = 'login') =>
  (name: string): string =>
    createHmac('sha256', key).update(`${kind}\0`).update(name).digest('base64url').slice(0, 16)
