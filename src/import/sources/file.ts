/** Opens a file or standard input, and detects whether it holds CSV or JSON. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../../errors/errors.ts'
import { peek, piecesOf, type Pieces } from './bytes.ts'
import { decodeInput, isGzip } from './encodings.ts'
import { readLines } from './lines.ts'
import { describeLookAlike } from './look-alikes.ts'
import { readCsv } from './csv/csv.ts'
import { isDocument, isEnoughJson, readJsonDocument, readJsonLines } from './json/json.ts'
import { prepend } from './read-ahead.ts'
import { asInputError, type Source, type SourceRow } from './source.ts'

type Opened = Omit<Source, 'close'>

const openJson = async (rows: AsyncGenerator<SourceRow, void>): Promise<Opened> => {
  const { value, done } = await rows.next()
  if (done) return { format: 'jsonl', hasHeader: false, columns: [], rows }
  const { fields, nested = [] } = 'fields' in value ? value : { fields: new Map() }
  const columns = [...fields.keys()]
  return { format: 'jsonl', hasHeader: false, columns, nested, rows: prepend([value], rows) }
}

const openPieces = async (given: Pieces, paths: readonly string[]): Promise<Opened> => {
  const { pieces: decoded, hasMark } = await decodeInput(given)
  const { head, pieces } = await peek(decoded, isEnoughJson)
  const text = head.toString('latin1').trimStart()
  if (text === '') throw new AppError('input_unusable', { detail: 'The input is empty.' })
  const lookAlike = describeLookAlike(head)
  if (lookAlike !== undefined) {
    throw new AppError('input_unusable', { detail: `It looks like ${lookAlike}.` })
  }
  // JSON starts with a bracket, and no header of CSV does.
  if (/^[[{]/.test(text)) {
    return openJson((isDocument(head) ? readJsonDocument : readJsonLines)(pieces, paths))
  }
  const { layout, ...read } = await readCsv(readLines(pieces))
  return { format: 'csv', hasHeader: true, ...read, layout: { ...layout, hasMark } }
}

/**
 * Opens bytes as CSV or JSON, by how they start, also in gzip.
 * @param size in bytes, if known
 * @param paths of the mapped columns, for nested values of JSON
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

/** @throws AppError `input_unusable` if there is no such file, or it is neither CSV nor JSON */
export const openInputFile = (path: string, paths: readonly string[] = []): Promise<Source> => {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  return openStream(createReadStream(path), size, paths)
}

const SAMPLE_BYTES = 1_048_576

const NEWLINE = 0x0a

/**
 * Guesses from the first part of a file how many rows it has: a count would read all of it.
 * @returns undefined where that is not possible; a newline inside quotes counts like any other
 */
export const guessRows = (path: string, hasHeader: boolean): number | undefined => {
  const fd = openSync(path, 'r')
  try {
    const stats = fstatSync(fd)
    const sample = Buffer.alloc(SAMPLE_BYTES)
    const read = stats.isFile() ? readSync(fd, sample, 0, SAMPLE_BYTES, 0) : 0
    if (read === 0 || isGzip(sample)) return undefined
    const bytes = sample.subarray(0, read)
    const isOpen = bytes.at(-1) !== NEWLINE && read === stats.size
    const lines = bytes.reduce((sum, byte) => sum + Number(byte === NEWLINE), 0) + Number(isOpen)
    return Math.max(0, Math.round((lines / read) * stats.size) - Number(hasHeader))
  } finally {
    closeSync(fd)
  }
}
