/** Owns the opening of a file or of standard input, and whether it holds CSV or JSON lines. */
import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { readCsv } from './source-csv.ts'
import { readJsonLines } from './source-jsonl.ts'
import { asInputError, type Source, type SourceRow } from './source.ts'
import { wholeLines, type Block } from './whole-lines.ts'

const EMPTY = 'The input is empty.'

/** JSON lines begin with a brace, and no header of CSV does. */
const holdsJson = (text: string): boolean => text.trimStart().startsWith('{')

async function* before(
  first: SourceRow,
  rest: AsyncIterable<SourceRow>,
): AsyncGenerator<SourceRow, void> {
  yield first
  yield* rest
}

const openJsonLines = async (
  first: Block,
  blocks: AsyncIterable<Block>,
  size: number | undefined,
): Promise<Omit<Source, 'close'>> => {
  const lines = readJsonLines(first, blocks, size)
  const { value, done } = await lines.next()
  if (done) throw new AppError('input_unusable', { detail: EMPTY })
  const columns = 'fields' in value ? [...value.fields.keys()] : []
  return { format: 'jsonl', hasHeader: false, columns, rows: before(value, lines) }
}

/**
 * Opens bytes as CSV or as JSON lines, whichever they begin like.
 * @param size in bytes, where it is known
 * @throws AppError `input_unusable`
 */
export const openStream = async (stream: Readable, size?: number): Promise<Source> => {
  const blocks = wholeLines(stream)
  const close = (): void => void stream.destroy()
  try {
    const { value: first, done } = await blocks.next()
    if (done || first.text.trim() === '') throw new AppError('input_unusable', { detail: EMPTY })
    if (holdsJson(first.text)) return { ...(await openJsonLines(first, blocks, size)), close }
    return { format: 'csv', hasHeader: true, ...(await readCsv(first, blocks, size)), close }
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
