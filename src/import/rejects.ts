/** Owns the rejects file: rows that did not become users, in the input's own columns, ready to mend. */
import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { AppError } from '../errors.ts'
import { REPORT_COLUMNS, type Columns } from './columns.ts'
import type { Source, SourceRow, Value } from './source.ts'

export interface Report {
  readonly reason?: string | null | undefined
  readonly errorCode?: string | null | undefined
  readonly requestId?: string | null | undefined
}

export interface Rejects {
  readonly path: string
  /** @throws AppError `rejects_unwritable` */
  write(row: SourceRow, report: Report): void
  /** @throws AppError `rejects_unwritable` */
  close(): void
}

export interface RejectsOptions {
  readonly path: string
  readonly source: Pick<Source, 'format' | 'columns'>
  readonly columns: Columns
  /** Whether columns with secrets are written too. */
  readonly withSecrets: boolean
}

type Format = (row: SourceRow, report: Report) => string

const reportValues = (row: SourceRow, { reason, errorCode, requestId }: Report): Value[] => [
  row.line,
  reason ?? '',
  errorCode ?? '',
  requestId ?? '',
]

const quote = (value: Value): string => {
  const text = String(value)
  return /[",\r\n;|\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const toCsv = (values: readonly Value[]): string => values.map(quote).join(',') + '\n'

const isReported = (name: string): boolean => REPORT_COLUMNS.includes(name)

/** The report comes first, so that a row of too many fields keeps each of them in its place. */
const csvFormat =
  (shown: readonly string[], rawIsSafe: boolean): Format =>
  (row, report) => {
    const head = reportValues(row, report)
    if ('fields' in row) return toCsv([...head, ...shown.map((name) => row.fields.get(name) ?? '')])
    return toCsv([...head, ...(rawIsSafe ? row.raw : shown.map(() => ''))])
  }

const jsonFormat =
  (isShown: (name: string) => boolean): Format =>
  (row, report) => {
    const own = 'fields' in row ? [...row.fields].filter(([name]) => isShown(name)) : []
    const values = reportValues(row, report)
    const about = REPORT_COLUMNS.map((name, i) => [name, values[i]] as const)
    return JSON.stringify(Object.fromEntries([...about, ...own])) + '\n'
  }

/** What an earlier run left may have been mended by hand since, and is kept. */
const keepPrevious = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.size) renameSync(path, `${path}.previous`)
}

const BUFFER_CHARACTERS = 65_536

const guard = <T>(path: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : ''
    throw new AppError('rejects_unwritable', { detail: `${path}: ${message}`, cause })
  }
}

/** Opens the file at the first row that is written; a run without rejects leaves none. */
export const createRejects = ({ path, source, columns, withSecrets }: RejectsOptions): Rejects => {
  const isShown = (name: string): boolean =>
    !isReported(name) && (withSecrets || !columns.isSecret(name))
  const shown = source.columns.filter(isShown)
  // In a row whose fields do not match the header, a secret may stand anywhere.
  const rawIsSafe = shown.length === source.columns.length
  const isCsv = source.format === 'csv'
  const format = isCsv ? csvFormat(shown, rawIsSafe) : jsonFormat(isShown)
  let fd: number | undefined
  let buffer = ''
  let isClosed = false

  const open = (): number => {
    keepPrevious(path)
    if (isCsv) buffer = toCsv([...REPORT_COLUMNS, ...shown])
    return openSync(path, 'w', 0o600)
  }
  const flush = (to: number): void => {
    const bytes = Buffer.from(buffer)
    for (let written = 0; written < bytes.length;) written += writeSync(to, bytes, written)
    buffer = ''
  }
  return {
    path,
    write: (row, report) =>
      guard(path, () => {
        if (isClosed) return
        fd ??= open()
        buffer += format(row, report)
        if (buffer.length > BUFFER_CHARACTERS) flush(fd)
      }),
    close: () =>
      guard(path, () => {
        // A row that a second Ctrl-C did not wait for must not begin the file anew.
        isClosed = true
        if (fd === undefined) return
        flush(fd)
        closeSync(fd)
        fd = undefined
      }),
  }
}
