/** Reads from the text of a lookup which columns it compares with the login, and in which tables. */
import { warn } from '../sql/driver.ts'
import type { Finding } from '../store.ts'

export interface Comparison {
  /** The table or alias before the column, as it is written. */
  readonly qualifier: string | undefined
  /** As it is written, with its quotes. */
  readonly column: string
  /** Whether lower() is around it. */
  readonly lowered: boolean
  /** ` COLLATE NAME`, or empty. */
  readonly collate: string
}

export interface Table {
  /** As it is written, with its schema and quotes. */
  readonly table: string
  readonly alias: string
}

const NAME = String.raw`(?:[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")+"|\x60[^\x60]+\x60|\[[^\]]+\])`
const COLUMN = String.raw`(?:(?<qualifier>${NAME})\s*\.\s*)?(?<column>${NAME})`
const OPERAND = String.raw`(?:(?<lowered>lower)\s*\(\s*${COLUMN.replace(/<(\w+)>/g, '<$1In>')}\s*\)|${COLUMN})`
const PARAMETER = String.raw`:(?:login|username)\b`
const COLLATE = String.raw`(?<collate>\s+COLLATE\s+\w+)?`

/** Each stands alone between these words, so that it is no part of a longer expression. */
const BEFORE = String.raw`(?<=(?:\b(?:WHERE|AND|OR|ON)|\()\s*)`
const AFTER = String.raw`(?=\s*(?:$|[);]|\b(?:AND|OR|ORDER|LIMIT|GROUP|UNION)\b))`
const COMPARISONS = [
  new RegExp(String.raw`${BEFORE}${OPERAND}\s*=\s*${PARAMETER}${COLLATE}`, 'gi'),
  new RegExp(String.raw`${BEFORE}${PARAMETER}\s*=\s*${OPERAND}${COLLATE}${AFTER}`, 'gi'),
]

const FROM = new RegExp(
  String.raw`\b(?:FROM|JOIN)\s+(?<table>(?:${NAME}\.)?${NAME})` +
    String.raw`(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|USING|JOIN|LEFT|RIGHT|INNER|CROSS|NATURAL|ORDER|LIMIT|GROUP)\b)(?<alias>${NAME}))?`,
  'gi',
)

export const unquoted = (name: string): string => name.replace(/^["\x60[]|["\x60\]]$/g, '')

/** Quotes and comments may hold what only looks like a comparison: so advice asks the catalogue first. */
export const comparisons = (sql: string): Comparison[] =>
  COMPARISONS.flatMap((pattern) =>
    [...sql.matchAll(pattern)].map(({ groups = {} }) => ({
      qualifier: groups['qualifier'] ?? groups['qualifierIn'],
      column: groups['column'] ?? groups['columnIn'] ?? '',
      lowered: groups['lowered'] !== undefined,
      collate: groups['collate'] ?? '',
    })),
  )

export const tablesIn = (sql: string): Table[] =>
  [...sql.matchAll(FROM)].map(({ groups = {} }) => {
    const table = groups['table'] ?? ''
    return { table, alias: groups['alias'] ?? table }
  })

const sameName = (one: string, other: string): boolean =>
  unquoted(one).toLowerCase() === unquoted(other).toLowerCase()

/** The tables that a comparison may be about. */
export const tablesOf = ({ qualifier }: Comparison, tables: readonly Table[]): readonly Table[] =>
  qualifier === undefined ? tables : tables.filter(({ alias }) => sameName(alias, qualifier))

/** @param indexes statements that were checked against the store; empty where there is no advice */
export const scanFinding = (tables: readonly string[], indexes: readonly string[]): Finding[] => {
  const [table] = tables
  if (table === undefined) return []
  const advice =
    indexes.length > 0
      ? `Create: ${indexes.join(' ')}`
      : 'Create an index on the columns that are compared with the login, or on those that join these tables.'
  const names = [...new Set(tables)].join(' and ')
  const text = `LEGACY_LOOKUP_SQL reads the whole of ${names} at each sign-in. ${advice}`
  return [warn('plan', text)]
}
