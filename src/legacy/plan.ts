/** Owns the reading of SQLite's query plans: does a lookup scan, and which index would help it. */

/** A full pass over a table, as EXPLAIN QUERY PLAN words it (SQLite, "EXPLAIN QUERY PLAN" 1.1). */
const SCAN = /^SCAN (?!CONSTANT\b)(?<name>\w+)/

const OPERAND = String.raw`(?:\w+\s*\([\w\s."]*\)|[\w."]+)`
const PARAMETER = String.raw`:(?:login|username)\b`
const COMPARISON = new RegExp(
  `(?:(?<left>${OPERAND})\\s*=\\s*${PARAMETER}|${PARAMETER}\\s*=\\s*(?<right>${OPERAND}))` +
    `(?<collate>\\s+COLLATE\\s+\\w+)?`,
  'gi',
)

/** Plans name a table by its alias where the statement gives one. */
const tableOf = (name: string, sql: string): string =>
  new RegExp(String.raw`\b(?:FROM|JOIN)\s+("?\w+"?)\s+(?:AS\s+)?${name}\b`, 'i').exec(sql)?.[1] ??
  name

const comparedExpressions = (sql: string): string[] =>
  [...sql.matchAll(COMPARISON)].map(({ groups }) => {
    const expression = (groups?.['left'] ?? groups?.['right'] ?? '').replace(
      /\b\w+\.(?=[\w"])/g,
      '',
    )
    return expression + (groups?.['collate'] ?? '')
  })

/**
 * One warning for each table that the lookup reads from end to end, with the index to create.
 * @param details the `detail` column of EXPLAIN QUERY PLAN
 */
export const scanWarnings = (details: readonly string[], sql: string): string[] => {
  const names = details.map((detail) => SCAN.exec(detail)?.groups?.['name'])
  const tables = new Set(names.filter((name) => name !== undefined).map((n) => tableOf(n, sql)))
  const expressions = [...new Set(comparedExpressions(sql))]
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
