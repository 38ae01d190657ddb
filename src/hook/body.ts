/** Owns the bounds on a request's body: its media type, its size, and the time it may take. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { byDeadline } from './deadline.ts'

/** A payload is about 1 KiB; Okta may add fields, but not this many. */
export const MAX_BODY_BYTES = 64 * 1024

/** @throws AppError `body_too_large` or `media_type`, before any byte of the body is read */
export const checkHeaders = (headers: Headers): void => {
  if (Number(headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw new AppError('body_too_large')
  }
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') throw new AppError('media_type')
}

const collect = async (stream: ReadableStream<Uint8Array>): Promise<Buffer> => {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new AppError('body_interrupted', { cause })
    })
    if (done) return Buffer.concat(chunks)
    size += value.byteLength
    if (size > MAX_BODY_BYTES) throw new AppError('body_too_large')
    chunks.push(value)
  }
}

/** Replacing bad bytes instead would make different passwords equal. */
const decode = (bytes: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new AppError('body_invalid')
  }
}

/**
 * Reads a body as UTF-8 text.
 * @param deadline on the clock's scale
 * @throws AppError `body_too_large`, `body_too_slow`, `body_interrupted` or `body_invalid`
 */
export const readBody = async (
  stream: ReadableStream<Uint8Array> | null,
  deadline: number,
  clock: Clock,
): Promise<string> => {
  if (!stream) return ''
  return decode(await byDeadline(collect(stream), deadline, clock, 'body_too_slow'))
}
