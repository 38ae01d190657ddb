/** Owns the bytes of the input: how far each piece lies in it, and a look at its beginning. */

export interface Piece {
  readonly bytes: Buffer
  /** How much of the input lies behind after this piece, from 0 to 1, where its size is known. */
  readonly behind: number | undefined
}

export type Pieces = AsyncGenerator<Piece, void>

/** @param size of the input in bytes, where it is known */
export async function* piecesOf(
  stream: AsyncIterable<Buffer>,
  size: number | undefined,
): AsyncGenerator<Piece, void> {
  let read = 0
  for await (const bytes of stream) {
    read += bytes.length
    yield { bytes, behind: size && Math.min(1, read / size) }
  }
}

async function* joined(head: Piece, rest: Pieces): Pieces {
  if (head.bytes.length > 0) yield head
  yield* rest
}

export interface Peeked {
  readonly head: Buffer
  /** Whether the head is all that there is. */
  readonly isAll: boolean
  /** Everything, the head too. */
  readonly pieces: Pieces
}

/** Reads until there is enough to judge by, or the input ends: no longer, since the input may be typed by a person. */
export const peek = async (
  pieces: Pieces,
  isEnough: (head: Buffer) => boolean,
): Promise<Peeked> => {
  let head: Piece = { bytes: Buffer.alloc(0), behind: 0 }
  let isAll = false
  while (!isAll && !isEnough(head.bytes)) {
    const next = await pieces.next()
    isAll = next.done === true
    if (!next.done) {
      const { bytes, behind } = next.value
      head = { bytes: Buffer.concat([head.bytes, bytes]), behind }
    }
  }
  return { head: head.bytes, isAll, pieces: joined(head, pieces) }
}

/** The same input without its first bytes. */
export async function* without(count: number, pieces: Pieces): Pieces {
  let left = count
  for await (const { bytes, behind } of pieces) {
    const kept = bytes.subarray(left)
    left = Math.max(0, left - bytes.length)
    if (kept.length > 0) yield { bytes: kept, behind }
  }
}
