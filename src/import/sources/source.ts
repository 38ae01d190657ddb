/** Owns what the import knows of its input: rows, one at a time, whatever they are read from. */
import { AppError } from '../../errors/errors.ts'

export type Scalar = string | number | boolean
export type Value = Scalar | readonly Scalar[]

interface Place {
  /** 1 for the first row. A resumed run knows its rows by it. */
  readonly number: number
  /** The line on which the row begins, 1 for the first of the input; a database's row is its own line. */
  readonly line: number
  /** How much of the input lies behind the reader after this row, from 0 to 1, where its size is known. */
  readonly behind: number | undefined
}

/** A row by its columns; columns without a value are left out. */
export interface SoundRow extends Place {
  readonly fields: ReadonlyMap<string, Value>
  /** Names of what is neither text, number, flag nor list, and is left out. */
  readonly nested?: readonly string[]
}

/** A row that cannot be told apart into columns, what is wrong with it, and its text as it stands. */
export interface FlawedRow extends Place {
  readonly flaw: string
  readonly raw: string
}

export type SourceRow = SoundRow | FlawedRow

/** How the text of an input is laid out. */
export interface Layout {
  readonly delimiter: string
  readonly lineEnd: string
  /** Whether it begins with a byte order mark, without which some programs take UTF-8 for something else. */
  readonly hasMark?: boolean
}

export interface Source {
  /** Fixes the format of the rejects file, so that it can be corrected and imported in its turn. */
  readonly format: 'csv' | 'jsonl'
  readonly layout?: Layout
  /** All columns where a header names them; of JSON lines, those of the first row. */
  readonly columns: readonly string[]
  readonly hasHeader: boolean
  /** Columns of the first row that hold nested values, which only a path of `--map` reaches. */
  readonly nested?: readonly string[]
  /** How many rows there are, where that is known. */
  readonly total?: number
  /** @throws AppError `input_unusable`, which names the line, where reading cannot go on */
  readonly rows: AsyncIterator<SourceRow, void>
  /** Ends the reading, also one that waits. */
  close(): void
}

/** What reading failed with; of errors that are not the system's, the message may quote the input. */
export const asInputError = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const isSystems = cause instanceof Error && 'syscall' in cause
  return new AppError('input_unusable', isSystems ? { detail: cause.message, cause } : { cause })
}
