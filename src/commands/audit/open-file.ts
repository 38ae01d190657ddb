/** Opens a file of accounts in place of a store, or standard input. */
import type { Readable } from 'node:stream'
import { readMoment } from '../../audit/last-logins.ts'
import { AppError } from '../../errors/errors.ts'
import { isSecretName } from '../../import/rows/columns.ts'
import { openInputFile, openStream } from '../../import/sources/file.ts'
import { readAhead } from '../../import/sources/read-ahead.ts'
import type { Source, SourceRow, Value } from '../../import/sources/source.ts'
import { inspect, type HashSettings } from '../../passwords/registry.ts'
import { printable } from '../../text/printable.ts'

/** As `import` has it. */
export const STANDARD_INPUT = '-'

/** Shorter than any hash that is worth an attack. */
const SHORTEST_HASH = 13

/** Directories have times and numbers under such names, as pwdLastSet. */
const mayBeHash = (text: string): boolean =>
  text.length >= SHORTEST_HASH && !/^\d+$/.test(text) && readMoment(text) === undefined

const isHash = (column: string, value: Value, hashes: HashSettings): boolean => {
  if (typeof value !== 'string') return false
  const found = inspect(value, hashes)
  if (!('flaw' in found) || found.flaw !== 'unrecognised') return true
  return isSecretName(column) && mayBeHash(value)
}

/** A file may have no hashes, but hashes under another name must not be left out silently. */
const refuseUnnamedHashes = (
  rows: readonly SourceRow[],
  known: (name: string) => string,
  hashes: HashSettings,
): void => {
  const others = ['login', 'id'].map(known)
  for (const row of rows) {
    for (const [column, value] of 'fields' in row ? row.fields : []) {
      if (others.includes(column.toLowerCase()) || !isHash(column, value, hashes)) continue
      const shown = printable(column, 40)
      const detail = `  There is no column "password_hash", and "${shown}" seems to hold hashes: say --map password_hash=${shown}, or leave it out of the file.`
      throw new AppError('columns_missing', { detail })
    }
  }
}

export interface LegacyFile {
  readonly path: string
  readonly map: ReadonlyMap<string, string>
  readonly hashes: HashSettings
  readonly stdin: Readable
}

/**
 * Rows of JSON leave out what has no value, so the first one may lack the hash, or the last login.
 * @throws AppError `input_unusable`, `columns_missing`
 */
export const openLegacyFile = async (file: LegacyFile): Promise<Source> => {
  const { path, map, hashes, stdin } = file
  const paths = [...map.values()]
  const opened = await (path === STANDARD_INPUT
    ? openStream(stdin, undefined, paths)
    : openInputFile(path, paths))
  try {
    const { first, source } = await readAhead(opened)
    const names = first.flatMap((row) => ('fields' in row ? [...row.fields.keys()] : []))
    const columns = opened.hasHeader ? opened.columns : [...new Set(names)]
    const known = (name: string): string => (map.get(name) ?? name).toLowerCase()
    const hasHashes = columns.some((column) => column.toLowerCase() === known('password_hash'))
    if (!hasHashes) refuseUnnamedHashes(first, known, hashes)
    return { ...source, columns }
  } catch (err) {
    opened.close()
    throw err
  }
}
