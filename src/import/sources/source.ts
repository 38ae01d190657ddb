/** The shapes of an input and of its rows, whatever they are read from. */
import { AppError } from '../../errors/errors.ts'

export type Scalar = string | number | boolean
export type Value = Scalar | readonly Scalar[]

/** Whether a JSON object or a database has nothing there. */
export const isNoValue = (value: unknown): boolean =>
  value === null || value === undefined || value === ''

interface Position {
  /** 1 for the first row. A resumed run recognises its rows by it. */
  readonly number: number
  /** The line on which the row starts, from 1; for a database, the number of the row. */
  readonly line: number
  /** How much of the input is read after this row, from 0 to 1, if its size is known. */
  readonly fractionRead: number | undefined
}

/** A row by its columns, without empty ones. */
export interface SoundRow extends Position {
  readonly fields: ReadonlyMap<string, Value>
  /** Names of nested values, which are left out. */
  readonly nested?: readonly string[]
}

/** A row that cannot be split into columns, with what is wrong and its unchanged text. */
export interface FlawedRow extends Position {
  readonly flaw: string
  readonly raw: string
}

export type SourceRow = SoundRow | FlawedRow

/** How the text of an input is laid out. */
export interface Layout {
  readonly delimiter: string
  readonly lineEnd: string
  /** Whether it starts with a byte order mark, without which some programs misread UTF-8. */
  readonly hasMark?: boolean
}

export interface Source {
  /** Also the format of the rejects file, so that it can be corrected and imported. */
  readonly format: 'csv' | 'jsonl'
  readonly layout?: Layout
  /** All columns if there is a header; for JSON lines, those of the first row. */
  readonly columns: readonly string[]
  readonly hasHeader: boolean
  /** Columns of the first row with nested values, which need a path in `--map`. */
  readonly nested?: readonly string[]
  /** The number of rows, if known. */
  readonly total?: number
  /** @throws AppError `input_unusable`, which names the line, if reading cannot continue */
  readonly rows: AsyncIterableIterator<SourceRow, void>
  /** Cancels the reading, also while it waits. */
  close(): void
}

/** Keeps only messages of system errors: others may quote the input. */
export const asInputError = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const isSystems = cause instanceof Error && 'syscall' in cause
  return new AppError('input_unusable', isSystems ? { detail: cause.message, cause } : { cause })
}
