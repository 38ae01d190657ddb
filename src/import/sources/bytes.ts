/** Streams the bytes of the input with their position, and peeks at its start. */
import { prepend } from './read-ahead.ts'

export interface Piece {
  readonly bytes: Buffer
  /** How much of the input is read after this piece, from 0 to 1, if its size is known. */
  readonly fractionRead: number | undefined
}

export type Pieces = AsyncGenerator<Piece, void>

/** @param size of the input in bytes, if known */
export async function* piecesOf(stream: AsyncIterable<Buffer>, size?: number): Pieces {
  let read = 0
  for await (const bytes of stream) {
    read += bytes.length
    yield { bytes, fractionRead: size && Math.min(1, read / size) }
  }
}

/**
 * Reads until there is enough to decide, or the input ends; no further, since a person may be typing the input.
 * @returns what was read, and pieces that are everything
 */
export const peek = async (pieces: Pieces, isEnough: (head: Buffer) => boolean) => {
  let head: Piece = { bytes: Buffer.alloc(0), fractionRead: 0 }
  while (!isEnough(head.bytes)) {
    const next = await pieces.next()
    if (next.done) break
    const { bytes, fractionRead } = next.value
    head = { bytes: Buffer.concat([head.bytes, bytes]), fractionRead }
  }
  const read = head.bytes.length > 0 ? [head] : []
  return { head: head.bytes, pieces: prepend(read, pieces) }
}

/** The same input without its first bytes. */
export async function* without(count: number, pieces: Pieces): Pieces {
  let left = count
  for await (const { bytes, fractionRead } of pieces) {
    const kept = bytes.subarray(left)
    left = Math.max(0, left - bytes.length)
    if (kept.length > 0) yield { bytes: kept, fractionRead }
  }
}
