/** Owns the opening of a file or of standard input, and whether it holds CSV or JSON. */
import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../../errors/errors.ts'
import { peek, piecesOf, type Pieces } from './bytes.ts'
import { decodeInput } from './encodings.ts'
import { readLines } from './lines.ts'
import { describeLookAlike } from './look-alikes.ts'
import { readCsv } from './csv/csv.ts'
import { isDocument, isEnoughJson, readJsonDocument, readJsonLines } from './json/json.ts'
import { asInputError, type Source, type SourceRow } from './source.ts'

const EMPTY = 'The input is empty.'

async function* before(
  first: SourceRow,
  rest: AsyncIterable<SourceRow>,
): AsyncGenerator<SourceRow, void> {
  yield first
  yield* rest
}

type Opened = Omit<Source, 'close'>

const openJson = async (rows: AsyncGenerator<SourceRow, void>): Promise<Opened> => {
  const { value, done } = await rows.next()
  if (done) return { format: 'jsonl', hasHeader: false, columns: [], rows }
  const { fields, nested = [] } = 'fields' in value ? value : { fields: new Map() }
  const columns = [...fields.keys()]
  return { format: 'jsonl', hasHeader: false, columns, nested, rows: before(value, rows) }
}

const openCsv = async (pieces: Pieces): Promise<Opened> => {
  const { columns, layout, rows } = await readCsv(readLines(pieces))
  return { format: 'csv', hasHeader: true, columns, layout, rows }
}

const openPieces = async (given: Pieces, paths: readonly string[]): Promise<Opened> => {
  const decoded = await decodeInput(given)
  const { head, pieces } = await peek(decoded.pieces, isEnoughJson)
  const text = head.toString('latin1').trimStart()
  if (text === '') throw new AppError('input_unusable', { detail: EMPTY })
  const lookAlike = describeLookAlike(head)
  if (lookAlike !== undefined) {
    throw new AppError('input_unusable', { detail: `It looks like ${lookAlike}.` })
  }
  // JSON begins with a bracket, and no header of CSV does.
  if (/^[[{]/.test(text)) {
    return openJson((isDocument(head) ? readJsonDocument : readJsonLines)(pieces, paths))
  }
  const opened = await openCsv(pieces)
  return {
    ...opened,
    ...(opened.layout && { layout: { ...opened.layout, hasMark: decoded.hasMark } }),
  }
}

/**
 * Opens bytes as CSV or as JSON, whichever they begin like, out of gzip where they are in it.
 * @param size in bytes, where it is known
 * @param paths of the columns that are mapped, by which nested values of JSON are reached
 * @throws AppError `input_unusable`
 */
export const openStream = async (
  stream: Readable,
  size?: number,
  paths: readonly string[] = [],
): Promise<Source> => {
  const close = (): void => void stream.destroy()
  try {
    return { ...(await openPieces(piecesOf(stream, size), paths)), close }
  } catch (cause) {
    close()
    throw asInputError(cause)
  }
}

/** @throws AppError `input_unusable` when there is no such file, or it is neither CSV nor JSON */
export const openInputFile = async (
  path: string,
  paths: readonly string[] = [],
): Promise<Source> => {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  return openStream(createReadStream(path), size, paths)
}
