/** Owns the opening of a file or of standard input, and whether it holds CSV or JSON lines. */
import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { peek, piecesOf, without, type Pieces } from './bytes.ts'
import { readLines } from './lines.ts'
import { readCsv } from './source-csv.ts'
import { readJsonLines } from './source-jsonl.ts'
import { asInputError, type Source, type SourceRow } from './source.ts'

const EMPTY = 'The input is empty.'

const MARK = Buffer.from('\uFEFF')

const isMarkOrMore = (head: Buffer): boolean => head.length >= MARK.length

/** Where text begins. */
const FIRST = /\S/

async function* before(
  first: SourceRow,
  rest: AsyncIterable<SourceRow>,
): AsyncGenerator<SourceRow, void> {
  yield first
  yield* rest
}

type Opened = Omit<Source, 'close'>

const openJsonLines = async (pieces: Pieces): Promise<Opened> => {
  const lines = readJsonLines(readLines(pieces))
  const { value, done } = await lines.next()
  if (done) throw new AppError('input_unusable', { detail: EMPTY })
  const columns = 'fields' in value ? [...value.fields.keys()] : []
  return { format: 'jsonl', hasHeader: false, columns, rows: before(value, lines) }
}

const openCsv = async (pieces: Pieces): Promise<Opened> => {
  const { columns, layout, rows } = await readCsv(readLines(pieces))
  return { format: 'csv', hasHeader: true, columns, layout, rows }
}

const openPieces = async (given: Pieces): Promise<Opened> => {
  const marked = await peek(given, isMarkOrMore)
  const hasMark = marked.head.subarray(0, MARK.length).equals(MARK)
  const text = hasMark ? without(MARK.length, marked.pieces) : marked.pieces
  const { head, pieces } = await peek(text, (bytes) => FIRST.test(bytes.toString('latin1')))
  const [first] = FIRST.exec(head.toString('latin1')) ?? []
  if (first === undefined) throw new AppError('input_unusable', { detail: EMPTY })
  // JSON lines begin with a brace, and no header of CSV does.
  const opened = first === '{' ? await openJsonLines(pieces) : await openCsv(pieces)
  return { ...opened, ...(opened.layout && { layout: { ...opened.layout, hasMark } }) }
}

/**
 * Opens bytes as CSV or as JSON lines, whichever they begin like.
 * @param size in bytes, where it is known
 * @throws AppError `input_unusable`
 */
export const openStream = async (stream: Readable, size?: number): Promise<Source> => {
  const close = (): void => void stream.destroy()
  try {
    return { ...(await openPieces(piecesOf(stream, size))), close }
  } catch (cause) {
    close()
    throw asInputError(cause)
  }
}

/** @throws AppError `input_unusable` when there is no such file, or it is not CSV or JSON lines */
export const openFile = async (path: string): Promise<Source> => {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  return openStream(createReadStream(path), size)
}
