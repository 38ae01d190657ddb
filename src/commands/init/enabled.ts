/** Reads from the names and types of columns who may sign in, and which other columns may say so. */
import type { DatabaseKind } from '../../sql/kinds.ts'
import { LIKELY_ENABLED, readFlag } from '../../text/flag.ts'
import { plainName } from './guess.ts'
import type { LegacyTable, TableColumn } from './schema.ts'
import { quoteName } from './statements.ts'

const WHOSE = '(?:is|user|usr|account|acct|member|customer|login)*'
const LOCKED =
  '(?:block(?:ed)?|locked(?:out)?|disabled|banned|suspended|deleted|discarded|inactive|deactivated)'

/** What the plain name of a column says for sure. The first that fits counts. */
const MEANINGS = {
  on: new RegExp(`^${WHOSE}(?:active|enabled|nonlocked|nonexpired)(?:flag)?$`),
  off: new RegExp(`^${WHOSE}${LOCKED}(?:flag)?$`),
  /** The time of it, or none. */
  since: new RegExp(`^${WHOSE}${LOCKED}(?:at|on|date|time)$`),
  /** Such as ASP.NET's LockoutEnd, which stays there when it has passed. */
  until: new RegExp(`^${WHOSE}(?:lockoutend|${LOCKED}until)$`),
  status: new RegExp(`^${WHOSE}(?:status|state)$`),
} as const

/** A name with one of these may say who may sign in; what it says, only a person knows. */
const DOUBTFUL =
  /lock|disab|ban(?!k|d)|suspend|confirm|verif|expir|discard|delet|status|state|enabled|active|activated|approv|archiv/
const HARMLESS = /token|factor/

const isFlag = ({ type }: TableColumn): boolean => type === 'number' || type === 'boolean'

/** A column of a fixed width pads its words. */
const isOneOf = (name: string, words: readonly string[]): string | undefined => {
  const good = words.filter((word) => readFlag(word) ?? LIKELY_ENABLED.test(word.trim()))
  return good.length === 0
    ? undefined
    : `${name} IN (${good.map((word) => `'${word}'`).join(', ')})`
}

/** SQLite takes a number for earlier than any time that is text. */
const NOW: Readonly<Record<DatabaseKind, string | undefined>> = {
  sqlite: undefined,
  postgres: 'CURRENT_TIMESTAMP',
  mysql: 'UTC_TIMESTAMP()',
}

type Condition = string | undefined

const CONDITIONS: Readonly<
  Record<
    Exclude<keyof typeof MEANINGS, 'status'>,
    (name: string, column: TableColumn, kind: DatabaseKind) => Condition
  >
> = {
  on: (name, column) => {
    if (!isFlag(column)) return undefined
    return column.type === 'boolean' ? name : `${name} = 1`
  },
  off: (name, column) => {
    if (column.type === 'date') return `${name} IS NULL`
    if (!isFlag(column)) return undefined
    return column.type === 'boolean' ? `${name} IS NOT TRUE` : `COALESCE(${name}, 0) = 0`
  },
  since: (name, column) => {
    if (column.type === 'number') return `COALESCE(${name}, 0) = 0`
    return column.type === 'date' || column.type === 'text' ? `${name} IS NULL` : undefined
  },
  until: (name, column, kind) => {
    const now = column.type === 'date' ? NOW[kind] : undefined
    return now && `(${name} IS NULL OR ${name} <= ${now})`
  },
}

const meaningOf = ({ name }: TableColumn): keyof typeof MEANINGS | undefined =>
  (Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).find((each) =>
    MEANINGS[each].test(plainName(name)),
  )

export interface EnabledGuess {
  /** An SQL expression; undefined if no column says who may not sign in. */
  readonly enabled: string | undefined
  /** Columns that may say who may sign in, too, and cannot be read as such. */
  readonly unused: readonly string[]
}

/** Each column that says for sure who may sign in is a condition; all must hold. */
export const guessEnabled = async (
  { columns }: LegacyTable,
  kind: DatabaseKind,
  wordsOf: (column: string) => Promise<readonly string[] | undefined>,
): Promise<EnabledGuess> => {
  const conditionOf = async (column: TableColumn): Promise<Condition> => {
    const [name, meaning] = [quoteName(column.name, kind), meaningOf(column)]
    if (meaning === undefined) return undefined
    if (column.type === 'text' && (meaning === 'on' || meaning === 'status'))
      return isOneOf(name, (await wordsOf(name)) ?? [])
    return meaning === 'status' ? undefined : CONDITIONS[meaning](name, column, kind)
  }
  const conditions = await Promise.all(columns.map(conditionOf))
  const all = conditions.filter((each) => each !== undefined)
  const isDoubtful = ({ name }: TableColumn, i: number): boolean =>
    conditions[i] === undefined && DOUBTFUL.test(plainName(name)) && !HARMLESS.test(plainName(name))
  return {
    enabled: all.length === 0 ? undefined : `CASE WHEN ${all.join(' AND ')} THEN 1 ELSE 0 END`,
    unused: columns.filter(isDoubtful).map(({ name }) => name),
  }
}
