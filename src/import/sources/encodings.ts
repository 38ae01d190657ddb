/** Decodes the bytes of an input to UTF-8 without a byte order mark, from gzip and from UTF-16. */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError } from '../../errors/errors.ts'
import { peek, without, type Pieces } from './bytes.ts'

const GZIP = Buffer.from([0x1f, 0x8b])
const UTF8_MARK = Buffer.from('\uFEFF')
const UTF16_MARKS = [
  { mark: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { mark: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
]

async function* gunzip(pieces: Pieces): Pieces {
  let fractionRead: number | undefined
  async function* packed(): AsyncGenerator<Buffer, void> {
    for await (const piece of pieces) {
      fractionRead = piece.fractionRead
      yield piece.bytes
    }
  }
  const unpacked = createGunzip()
  pipeline(Readable.from(packed()), unpacked, () => undefined)
  try {
    for await (const bytes of unpacked as AsyncIterable<Buffer>) yield { bytes, fractionRead }
  } catch (cause) {
    const isDamaged =
      cause instanceof Error && String((cause as { code?: unknown }).code).startsWith('Z_')
    if (!isDamaged) throw cause
    const detail = 'The gzip file is damaged or cut off; what came before that was read.'
    throw new AppError('input_unusable', { detail, cause })
  }
}

async function* toUtf8(pieces: Pieces, encoding: string): Pieces {
  const decoder = new TextDecoder(encoding)
  let last: number | undefined
  for await (const { bytes, fractionRead } of pieces) {
    last = fractionRead
    yield { bytes: Buffer.from(decoder.decode(bytes, { stream: true })), fractionRead }
  }
  yield { bytes: Buffer.from(decoder.decode()), fractionRead: last }
}

const startsWith = (head: Buffer, mark: Buffer): boolean =>
  head.subarray(0, mark.length).equals(mark)

/** By its first bytes (RFC 1952, section 2.3.1). */
export const isGzip = (head: Buffer): boolean => startsWith(head, GZIP)

export interface Decoded {
  readonly pieces: Pieces
  /** Whether the input had a byte order mark. */
  readonly hasMark: boolean
}

export const decodeInput = async (given: Pieces): Promise<Decoded> => {
  const { head, pieces } = await peek(given, (bytes) => bytes.length >= UTF8_MARK.length)
  if (isGzip(head)) return decodeInput(gunzip(pieces))
  if (startsWith(head, UTF8_MARK)) return { pieces: without(3, pieces), hasMark: true }
  const utf16 = UTF16_MARKS.find(({ mark }) => startsWith(head, mark))
  if (!utf16) return { pieces, hasMark: false }
  return { pieces: toUtf8(without(2, pieces), utf16.encoding), hasMark: true }
}
