/** Owns what can be said of a lookup from its text and its plan: does it scan, and which index would help it. */

/** A full pass over a table, as EXPLAIN QUERY PLAN words it (SQLite, "EXPLAIN QUERY PLAN" 1.1). */
const SCAN = /^SCAN (?!CONSTANT\b)(?<name>\w+)/

const OPERAND = '(?:\\w+\\s*\\([\\w\\s."`]*\\)|[\\w."`]+)'
const PARAMETER = String.raw`:(?:login|username)\b`
const COMPARISON = new RegExp(
  `(?:(?<left>${OPERAND})\\s*=\\s*${PARAMETER}|${PARAMETER}\\s*=\\s*(?<right>${OPERAND}))` +
    `(?<collate>\\s+COLLATE\\s+\\w+)?`,
  'gi',
)

/** The tables of EXPLAIN QUERY PLAN's `detail` lines that are read from end to end. */
export const scannedTables = (details: readonly string[]): string[] =>
  details.flatMap((detail) => SCAN.exec(detail)?.groups?.['name'] ?? [])

/** Plans name a table by its alias where the statement gives one. */
const tableOf = (name: string, sql: string): string =>
  new RegExp(String.raw`\b(?:FROM|JOIN)\s+("?\w+"?)\s+(?:AS\s+)?${name}\b`, 'i').exec(sql)?.[1] ??
  name

/** What the statement compares with a parameter, each with the COLLATE that follows; no table names. */
export const comparedExpressions = (sql: string): string[] => [
  ...new Set(
    [...sql.matchAll(COMPARISON)].map(({ groups }) => {
      const expression = (groups?.['left'] ?? groups?.['right'] ?? '').replace(
        /["`]?\b\w+["`]?\.(?=[\w"`])/g,
        '',
      )
      return expression + (groups?.['collate'] ?? '')
    }),
  ),
]

/**
 * One warning for each table that the lookup reads from end to end, with the index to create.
 * @param names of those tables, or their aliases
 * @param canIndex whether the dialect can index such an expression
 */
export const scanWarnings = (
  names: readonly string[],
  sql: string,
  canIndex: (expression: string) => boolean = () => true,
): string[] => {
  const tables = new Set(names.map((name) => tableOf(name, sql)))
  const expressions = comparedExpressions(sql).filter(canIndex)
  return [...tables].map((table) => {
    const create = expressions.map(
      (expression, i) => `CREATE INDEX ${table}_login_${i + 1} ON ${table} (${expression});`,
    )
    return (
      `LEGACY_LOOKUP_SQL reads the whole table ${table} at each sign-in. ` +
      (create.length > 0
        ? `Create: ${create.join(' ')}`
        : 'Create an index on what :login is compared with.')
    )
  })
}
