/** Inputs for the import that arrive in pieces, and the rows that are read from them. */
import { Readable } from 'node:stream'
import { openStream } from '../../src/import/sources/file.ts'
import type { Source, SourceRow } from '../../src/import/sources/source.ts'

/** Reads bytes that arrive in pieces of this size. */
export const openInput = (input: string | Buffer, piece = 7): Promise<Source> => {
  const bytes = Buffer.from(input)
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
    bytes.subarray(i * piece, (i + 1) * piece),
  )
  return openStream(Readable.from(pieces), bytes.length)
}

export const drain = async ({ rows }: Source): Promise<SourceRow[]> => {
  const all: SourceRow[] = []
  for (let next = await rows.next(); !next.done; next = await rows.next()) all.push(next.value)
  return all
}

export const readInput = async (input: string | Buffer, piece?: number): Promise<SourceRow[]> =>
  drain(await openInput(input, piece))

export const fieldsOf = (row: SourceRow | undefined): Record<string, unknown> =>
  Object.fromEntries(row && 'fields' in row ? row.fields : [])
