/** Writes the rejects file: rows that did not become users, in the columns of the input, ready to be corrected. */
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { AppError, messageOf } from '../../errors/errors.ts'
import { isReportColumn, RAW_COLUMN, REPORT_COLUMNS, type Columns } from '../rows/columns.ts'
import { textAfter } from '../sources/csv/cut-record.ts'
import { chooseRejects, publishRejects, removeRejects } from './rejects-files.ts'
import type { Layout, Source, SourceRow, Value } from '../sources/source.ts'

export interface Report {
  readonly reason?: string | null | undefined
  readonly errorCode?: string | null | undefined
  readonly requestId?: string | null | undefined
}

export interface Rejects {
  /** @throws AppError `rejects_unwritable` */
  write(row: SourceRow, report: Report): void
  /**
   * Publishes the file; it replaces that of the run before, unless that was edited.
   * @param isComplete whether every row of the run before was read again: only then may the file be
   *   replaced
   * @returns the path of the rejects, or undefined if there are none
   * @throws AppError `rejects_unwritable`
   */
  close(isComplete: boolean): string | undefined
}

export interface RejectsOptions {
  /** Its path, unless a file that must be kept is there. */
  readonly path: string
  readonly source: Pick<Source, 'format' | 'columns' | 'layout'>
  readonly columns: Columns
  /** Whether columns with secrets are written too. */
  readonly withSecrets: boolean
}

type Format = (row: SourceRow, report: Report) => string

const reportValues = ({ line }: SourceRow, report: Report): Value[] => {
  const { reason, errorCode, requestId } = report
  return [line, reason ?? '', errorCode ?? '', requestId ?? '']
}

const LAYOUT: Layout = { delimiter: ',', lineEnd: '\n' }

const quote = (value: Value): string => {
  const text = String(value)
  return /[",\r\n;|\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

interface CsvParts {
  readonly columns: readonly string[]
  readonly shown: readonly string[]
  readonly layout: Layout
}

/** In an input that is a rejects file, the report of the run before is not part of the row. */
const rowOf = (raw: string, { columns, layout }: CsvParts): string => {
  const isReport = REPORT_COLUMNS.every((name, i) => columns[i] === name)
  return isReport ? textAfter(raw, REPORT_COLUMNS.length, layout.delimiter) : raw
}

/** The report without the text of the row. */
const withoutText = (report: Report): Report => ({
  ...report,
  reason: `${report.reason ?? ''}; its text may hold secrets, and is left out without --rejects-with-secrets`,
})

/** The report comes first, so that a row that does not fit the columns can follow it unchanged. */
const csvFormat = (parts: CsvParts): Format => {
  const { columns, shown, layout } = parts
  const join = (values: readonly Value[]): string => values.map(quote).join(layout.delimiter)
  // In a row that cannot be split into its columns, a secret may be anywhere.
  const rawIsSafe = columns.every((name) => isReportColumn(name) || shown.includes(name))
  return (row, report) => {
    const isSound = 'fields' in row
    const head = reportValues(row, isSound || rawIsSafe ? report : withoutText(report))
    if (!isSound && rawIsSafe) {
      return join(head) + layout.delimiter + rowOf(row.raw, parts) + layout.lineEnd
    }
    const own = shown.map((name) => (isSound ? row.fields.get(name) : undefined) ?? '')
    return join([...head, ...own]) + layout.lineEnd
  }
}

const WORD = /[\w-]+/g

const jsonFormat = (isShown: (name: string) => boolean): Format => {
  const ownOf = (row: SourceRow): [string, Value][] | undefined => {
    if ('fields' in row) return [...row.fields].filter(([name]) => isShown(name))
    const namesNoSecret = (row.raw.match(WORD) ?? []).every(isShown)
    return namesNoSecret ? [[RAW_COLUMN, row.raw]] : undefined
  }
  return (row, report) => {
    const own = ownOf(row)
    const values = reportValues(row, own ? report : withoutText(report))
    const head = REPORT_COLUMNS.map((name, i): [string, Value] => [name, values[i] ?? ''])
    return JSON.stringify(Object.fromEntries([...head, ...(own ?? [])])) + '\n'
  }
}

const BUFFER_CHARACTERS = 65_536

const guard = <T>(path: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    throw new AppError('rejects_unwritable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

/** Writes to a partial file until the run ends; a run without rejects leaves no file. */
export const createRejects = ({ path, source, columns, withSecrets }: RejectsOptions): Rejects => {
  const isShown = (name: string): boolean =>
    !isReportColumn(name) && (withSecrets || !columns.isSecret(name))
  const { columns: all, layout = LAYOUT } = source
  const shown = all.filter(isShown)
  const isCsv = source.format === 'csv'
  const format = isCsv ? csvFormat({ columns: all, shown, layout }) : jsonFormat(isShown)
  const partial = `${path}.partial`
  let file: number | 'closed' | undefined
  let buffer = ''

  const open = (): number => {
    if (isCsv) {
      const header = [...REPORT_COLUMNS, ...shown].map(quote).join(layout.delimiter)
      buffer = (layout.hasMark ? '\uFEFF' : '') + header + layout.lineEnd
    }
    return openSync(partial, 'w', 0o600)
  }
  const place = (isComplete: boolean, isWritten: boolean): string | undefined => {
    const target = chooseRejects(path)
    const mayReplace = isComplete || !existsSync(target)
    if (isWritten && mayReplace) publishRejects(partial, target)
    if (isWritten && !mayReplace) rmSync(partial)
    if (!isWritten && isComplete) removeRejects(target)
    return existsSync(target) ? target : undefined
  }
  const flush = (to: number): void => {
    writeFileSync(to, buffer)
    buffer = ''
  }
  return {
    write: (row, report) =>
      guard(path, () => {
        // A row that ends after a second Ctrl-C must not start a new file.
        if (file === 'closed') return
        file ??= open()
        buffer += format(row, report)
        if (buffer.length > BUFFER_CHARACTERS) flush(file)
      }),
    close: (isComplete) =>
      guard(path, () => {
        const written = file
        file = 'closed'
        if (typeof written !== 'number') return place(isComplete, false)
        try {
          flush(written)
        } finally {
          closeSync(written)
        }
        return place(isComplete, true)
      }),
  }
}
