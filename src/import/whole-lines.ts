/** Owns the step from bytes to text: UTF-8 or an error that names the line, in blocks of whole lines. */
import { isUtf8 } from 'node:buffer'
import { AppError } from '../errors.ts'

export interface Block {
  /** One or more whole lines with their ends; only the last line of the input may lack one. */
  readonly text: string
  /** The number of its first line. */
  readonly line: number
}

/** No account needs so long a line: it is a file without line ends, or no text at all. */
export const MAX_LINE_BYTES = 1_048_576

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = /^\uFEFF/
const NEWLINES = /\n/g

const countNewlines = (text: string): number => text.match(NEWLINES)?.length ?? 0

/** The number of the first line that is not UTF-8: bytes of a character never include a newline. */
const findForeignLine = (bytes: Buffer, line: number): number => {
  for (let start = 0, at = line; ; at++) {
    const end = bytes.indexOf(NEWLINE, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return at
    start = end + 1
  }
}

const decode = (bytes: Buffer, line: number): string => {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const where = findForeignLine(bytes, line)
  throw new AppError('input_unusable', {
    detail: `Line ${where} is not UTF-8. Save the file as UTF-8, or convert it with iconv.`,
  })
}

/**
 * @param chunks of bytes, split anywhere
 * @throws AppError `input_unusable` for bytes that are not UTF-8, and for a line over 1 MiB
 */
export async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block, void> {
  let line = 1
  let carried: Buffer[] = []
  let carriedBytes = 0
  const take = (bytes: Buffer): Block => {
    const decoded = decode(bytes, line)
    const text = line === 1 ? decoded.replace(BYTE_ORDER_MARK, '') : decoded
    const block = { text, line }
    line += countNewlines(text)
    return block
  }
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > 0) {
      yield take(Buffer.concat([...carried, chunk.subarray(0, end)]))
      carried = []
      carriedBytes = 0
    }
    carried.push(chunk.subarray(end))
    carriedBytes += chunk.length - end
    if (carriedBytes > MAX_LINE_BYTES) {
      throw new AppError('input_unusable', { detail: `Line ${line} is longer than 1 MiB.` })
    }
  }
  if (carriedBytes > 0) yield take(Buffer.concat(carried))
}
