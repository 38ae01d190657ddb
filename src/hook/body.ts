/** Reads a request's body within bounds: its media type, its size, and the time it may take. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { within, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'

/** A payload is about 1 KiB; Okta may add fields, but not this many. */
export const MAX_BODY_BYTES = 64 * 1024

/** @throws AppError `body_too_large` or `media_type`, before any byte of the body is read */
export const checkHeaders = (headers: IncomingHttpHeaders, maxBytes = MAX_BODY_BYTES): void => {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new AppError('body_too_large')
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') throw new AppError('media_type')
}

const collect = (incoming: IncomingMessage, maxBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const giveUp = (cause?: Error): void =>
      reject(new AppError(incoming.complete ? 'caller_gone' : 'body_interrupted', { cause }))
    // A stream that has closed already emits no more events.
    if (incoming.closed) giveUp()
    incoming
      .on('data', (chunk: Buffer) => {
        size += chunk.byteLength
        if (size <= maxBytes) chunks.push(chunk)
        else reject(new AppError('body_too_large'))
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', giveUp)
      // It closes after its end too, where making an error for nothing would cost a good part of a refusal.
      .once('close', () => incoming.readableEnded || giveUp())
  })

/** Replacing bad bytes instead would make different passwords equal. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

const decode = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new AppError('body_invalid')
  }
}

/**
 * Reads a body as UTF-8 text, from Node.js's stream rather than from the web stream over it, which costs
 * more: when many calls are refused, each refusal must be cheap.
 * @param deadline on the clock's scale
 * @throws AppError `body_too_large`, `body_too_slow`, `body_interrupted`, `caller_gone` or
 *   `body_invalid`
 */
export const readBody = async (
  incoming: IncomingMessage,
  deadline: number,
  clock: Clock,
  maxBytes = MAX_BODY_BYTES,
): Promise<string> => {
  const late = (): AppError => new AppError('body_too_slow')
  return decode(await within(clock, deadline, collect(incoming, maxBytes), late))
}
