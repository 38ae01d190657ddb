/** Removes what is not part of a value: blanks around it, and words that mean no value; counts or reports both. */
import type { Columns } from './columns.ts'
import type { SourceRow, Value } from '../sources/source.ts'

/** JavaScript counts NBSP as white space, but not characters of no width. */
const BLANKS = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g

/** What databases write for a missing value. */
const NULL_WORDS = ['NULL', '\\N']

export interface TidyDeps {
  readonly columns: Pick<Columns, 'isSecret'>
  /** Words that mean no value, by `--null`. */
  readonly nulls: readonly string[]
  readonly notify: (message: string) => void
}

export interface Tidy {
  /** The cleaned values; secrets stay as they are. */
  readonly fields: (row: SourceRow) => ReadonlyMap<string, Value>
  readonly countBlank: () => void
  /** What was removed or skipped, in sentences. */
  readonly describe: () => string[]
}

export const createTidy = ({ columns, nulls, notify }: TidyDeps): Tidy => {
  let trimmed = 0
  let blank = 0
  const reported = new Set(nulls)

  const warn = (word: string, column: string, line: number): void => {
    if (reported.has(word) || !NULL_WORDS.includes(word)) return
    reported.add(word)
    notify(
      `Line ${line}: ${column} is the word ${word}, and is used as it is. ` +
        `If it means that there is no value, add --null '${word}'.`,
    )
  }
  const tidyText = (value: string): string => {
    const text = value.replace(BLANKS, '')
    if (text.length < value.length) trimmed++
    return text
  }
  return {
    fields: (row) => {
      if (!('fields' in row)) return new Map()
      const kept = new Map<string, Value>()
      for (const [column, value] of row.fields) {
        const isText = typeof value === 'string' && !columns.isSecret(column)
        const tidy = isText ? tidyText(value) : value
        if (tidy === '' || nulls.includes(String(tidy))) continue
        if (typeof tidy === 'string') warn(tidy, column, row.line)
        kept.set(column, tidy)
      }
      return kept
    },
    countBlank: () => (blank += 1),
    describe: () => [
      ...(trimmed > 0 ? [`Blanks around a value were removed: ${trimmed} times.`] : []),
      ...(blank > 0 ? [`Rows without any value were skipped: ${blank}.`] : []),
    ],
  }
}
