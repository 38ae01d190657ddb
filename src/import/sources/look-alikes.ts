/** Recognises files that people try to import but that cannot be read, with advice on how to convert them. */

const BINARY: readonly [start: string, what: string][] = [
  ['PK\x03\x04', 'an Excel workbook (.xlsx) or another ZIP file. Save the sheet as "CSV UTF-8"'],
  ['\xd0\xcf\x11\xe0', 'an old Excel workbook (.xls). Save the sheet as "CSV UTF-8"'],
  ['SQLite format 3\0', 'a SQLite database. Set LEGACY_DB_URL to it, and LEGACY_USERS_SQL'],
  ['PAR1', 'a Parquet file. Convert it to CSV, with DuckDB for one'],
  ['PGDMP', 'a dump of PostgreSQL. Restore it, and set LEGACY_DB_URL and LEGACY_USERS_SQL'],
  ['BZh', 'a bzip2 file. Unpack it'],
  ['(\xb5/\xfd', 'a zstd file. Unpack it'],
  ['%PDF', 'a PDF'],
]

const TEXT: readonly [pattern: RegExp, what: string][] = [
  [
    /^(?:#.*\n|\s)*(?:version:\s*\d|dn::?\s)/i,
    'LDIF. Convert it to CSV with the columns that you need, with ldif2csv for one',
  ],
  [
    /^(?:--.*\n|\s)*(?:--|\/\*|SET\s|CREATE\s|INSERT\s+INTO|DROP\s+TABLE|BEGIN;)/i,
    'an SQL dump. Restore it, and set LEGACY_DB_URL and LEGACY_USERS_SQL; or export the table as CSV',
  ],
  [/^\s*</, 'XML or HTML. Export the users as CSV or JSON'],
]

/** @returns what the start of a file looks like, if it cannot be read */
export const describeLookAlike = (head: Buffer): string | undefined => {
  const bytes = head.toString('latin1')
  const binary = BINARY.find(([start]) => bytes.startsWith(start))
  if (binary) return binary[1]
  if (bytes.includes('\0')) return 'UTF-16 without a byte order mark, or no text. Save it as UTF-8'
  return TEXT.find(([pattern]) => pattern.test(bytes))?.[1]
}
