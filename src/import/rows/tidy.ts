/** Owns what is no part of a value: blanks around it, and words that stand for nothing; each is counted or told. */
import type { Columns } from './columns.ts'
import type { SourceRow, Value } from '../sources/source.ts'

/** NBSP is white space to JavaScript; characters of no width are not. */
const BLANKS = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g

/** What databases write where there is no value. */
const NULL_WORDS = ['NULL', '\\N']

export interface TidyDeps {
  readonly columns: Pick<Columns, 'isSecret'>
  /** Words that mean no value, by `--null`. */
  readonly nulls: readonly string[]
  readonly say: (message: string) => void
}

export interface Tidy {
  /** The values without what is no part of them; secrets stay as they are. */
  readonly fields: (row: SourceRow) => ReadonlyMap<string, Value>
  readonly noteBlank: () => void
  /** What was left off or passed over, in sentences. */
  readonly describe: () => string[]
}

export const createTidy = ({ columns, nulls, say }: TidyDeps): Tidy => {
  let trimmed = 0
  let blank = 0
  const told = new Set(nulls)

  const warn = (word: string, column: string, line: number): void => {
    if (told.has(word) || !NULL_WORDS.includes(word)) return
    told.add(word)
    say(
      `Line ${line}: ${column} is the word ${word}, and is taken as it is. ` +
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
    noteBlank: () => {
      blank++
    },
    describe: () => [
      ...(trimmed > 0 ? [`Blanks around a value were left off: ${trimmed} times.`] : []),
      ...(blank > 0 ? [`Rows without any value were passed over: ${blank}.`] : []),
    ],
  }
}
