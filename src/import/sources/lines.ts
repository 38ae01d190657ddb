/** Splits bytes into lines of text. A flaw of a line is reported with it, and does not stop the reading. */
import { isUtf8 } from 'node:buffer'
import type { Piece } from './bytes.ts'

export interface TextLine {
  readonly text: string
  /** Its end as it stands; empty only where the input ends without one. */
  readonly end: string
  /** 1 for the first of the input. */
  readonly number: number
  readonly fractionRead: number | undefined
  /** Why its text is not exactly that of the input. */
  readonly flaw: string | undefined
}

/** No account needs a longer line: such a file has no line ends, or is not text. */
export const MAX_LINE_BYTES = 1_048_576

const [LF, CR] = [0x0a, 0x0d]

const TOO_LONG = 'the line is longer than 1 MiB, and its text is left out'

/** Most files that are not UTF-8 come from Windows; what it says there is a guess for a person to check. */
const FOREIGN = 'the line is not UTF-8; check its letters, which are shown as Windows-1252 has them'
const windows = new TextDecoder('windows-1252')

/**
 * The byte that ends the lines of an input is that of its first line's end: elsewhere, a lone CR is text.
 * @returns undefined where more must be seen
 */
const terminatorIn = (bytes: Buffer, isAll: boolean): number | undefined => {
  const at = bytes.findIndex((byte) => byte === LF || byte === CR)
  if (at < 0) return isAll ? LF : undefined
  if (bytes[at] === LF) return LF
  if (at + 1 === bytes.length && !isAll) return undefined
  return bytes[at + 1] === LF ? LF : CR
}

type Text = Pick<TextLine, 'text' | 'flaw'>

const decodeLine = (bytes: Buffer): Text =>
  isUtf8(bytes)
    ? { text: bytes.toString('utf8'), flaw: undefined }
    : { text: windows.decode(bytes), flaw: FOREIGN }

const splitBytes = (bytes: Buffer, terminator: number): Buffer[] => {
  const parts: Buffer[] = []
  for (let start = 0; ;) {
    const end = bytes.indexOf(terminator, start)
    parts.push(bytes.subarray(start, end < 0 ? bytes.length : end))
    if (end < 0) return parts
    start = end + 1
  }
}

/** Each line without the byte that ends it; what follows the last such byte is the last line. */
const decode = (bytes: Buffer, terminator: number): Text[] => {
  if (!isUtf8(bytes)) return splitBytes(bytes, terminator).map(decodeLine)
  const texts = bytes.toString('utf8').split(String.fromCharCode(terminator))
  return texts.map((text) => ({ text, flaw: undefined }))
}

interface Reading {
  readonly terminator: number
  number: number
  /** The beginning of a line whose end has not come; of one that is too long, nothing. */
  carried: Buffer[]
  carriedBytes: number
  fractionRead: number | undefined
}

const toLine = ({ text, flaw }: Text, terminator: number, isEnded: boolean) => {
  if (!isEnded) return { text, end: '', flaw }
  if (terminator === CR) return { text, end: '\r', flaw }
  return text.endsWith('\r')
    ? { text: text.slice(0, -1), end: '\r\n', flaw }
    : { text, end: '\n', flaw }
}

/** The lines of bytes that end where a line ends, or where the input does. */
const take = (reading: Reading, bytes: Buffer, fractionRead: number | undefined): TextLine[] => {
  const { terminator } = reading
  const isTooLong = reading.carriedBytes > MAX_LINE_BYTES
  const texts = decode(Buffer.concat([...reading.carried, bytes]), terminator)
  const isEnded = texts.at(-1)?.text === ''
  if (isEnded) texts.pop()
  if (isTooLong) texts[0] = { text: '', flaw: TOO_LONG }
  const before = reading.fractionRead ?? 0
  const step = fractionRead === undefined ? undefined : (fractionRead - before) / texts.length
  const lines = texts.map((each, i) => ({
    ...toLine(each, terminator, isEnded || i < texts.length - 1),
    number: reading.number + i,
    fractionRead: step === undefined ? undefined : before + step * (i + 1),
  }))
  Object.assign(reading, { carried: [], carriedBytes: 0, fractionRead })
  reading.number += lines.length
  return lines
}

const carry = (reading: Reading, bytes: Buffer): void => {
  reading.carriedBytes += bytes.length
  if (reading.carriedBytes > MAX_LINE_BYTES) reading.carried = []
  else reading.carried.push(bytes)
}

/** Some lines at a time, in their order. */
export async function* readLines(
  pieces: AsyncIterable<Piece>,
): AsyncGenerator<readonly TextLine[], void> {
  let reading: Reading | undefined
  let seen: Buffer = Buffer.alloc(0)
  let last: number | undefined
  const begin = (terminator: number): Reading => {
    return { terminator, number: 1, carried: [], carriedBytes: 0, fractionRead: 0 }
  }
  for await (const { bytes, fractionRead } of pieces) {
    last = fractionRead
    seen = reading || seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
    const terminator = reading?.terminator ?? terminatorIn(seen, seen.length > MAX_LINE_BYTES)
    if (terminator === undefined) continue
    reading ??= begin(terminator)
    const end = seen.lastIndexOf(terminator) + 1
    if (end > 0) yield take(reading, seen.subarray(0, end), fractionRead)
    if (end < seen.length) carry(reading, seen.subarray(end))
    seen = Buffer.alloc(0)
  }
  reading ??= begin(terminatorIn(seen, true) ?? LF)
  if (seen.length + reading.carriedBytes > 0) yield take(reading, seen, last)
}
