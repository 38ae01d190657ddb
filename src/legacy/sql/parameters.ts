/** Turns the named parameters of a statement into the placeholders of a driver. */

/** The names that a lookup statement may use, and no others. */
export interface Parameters {
  /** Normalised, see `normaliseLogin`. */
  readonly login: string
  /** As the user typed it. */
  readonly username: string
}

export type ParameterName = keyof Parameters

export interface Translated {
  readonly text: string
  /** Which parameter stands for each placeholder, in the driver's order. */
  readonly names: readonly ParameterName[]
  /** How many times the statement uses a parameter. */
  readonly uses: number
}

/** What sets one dialect of SQL apart, as far as a statement is read and bounded here. */
export interface SqlDialect {
  /** Sticky alternatives: text that is skipped whole, a parameter, or what the dialect must not hold. */
  readonly token: RegExp
  /** Whether a comment may hold comments. */
  readonly nests: boolean
  /** The placeholder for a name; adds the name to `names` where the driver wants a value for it. */
  readonly placeholder: (name: ParameterName, names: ParameterName[]) => string
  /** The first rows of a query, under a name that is free; with 0, its columns only. */
  readonly firstRows: (sql: string, name: string, rows: number) => string
}

/** Pieces of tokens that dialects share. */
export const TOKENS = {
  word: String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`,
  parameter: String.raw`:(?<name>[A-Za-z_]\w*)`,
  plain: String.raw`'(?:[^']|'')*'|"(?:[^"]|"")*"`,
  escaped: (quote: string): string =>
    String.raw`${quote}(?:[^${quote}\\]|\\[^]|${quote}${quote})*${quote}`,
}

/** As a derived table the statement can only be one query, and is read no further than needed. */
export const withLimit: SqlDialect['firstRows'] = (sql, name, rows) =>
  `SELECT * FROM (\n${sql}\n) AS ${name} LIMIT ${rows}`

/** A dialect with a `?` for each use of a parameter, and LIMIT, but for what `own` replaces. */
export const createDialect = (token: string, own: Partial<SqlDialect> = {}): SqlDialect => ({
  token: new RegExp(token, 'y'),
  nests: false,
  placeholder: (name, names) => {
    names.push(name)
    return '?'
  },
  firstRows: withLimit,
  ...own,
})

/** Where the comment that opens at `from` is over. */
const endOfComment = (sql: string, from: number, nests: boolean): number => {
  const mark = /\/\*|\*\//g
  mark.lastIndex = from + 2
  for (let depth = 1, found = mark.exec(sql); found; found = mark.exec(sql)) {
    if (found[0] === '*/') depth--
    else if (nests) depth++
    if (depth === 0) return mark.lastIndex
  }
  return sql.length
}

const isName = (name: string | undefined): name is ParameterName =>
  name === 'login' || name === 'username'

/**
 * Replaces `:login` and `:username` wherever they are parameters, and nowhere else: text in
 * quotes and comments stays as it is. Values are never put into the text.
 * @throws TypeError when the statement holds another parameter
 */
export const translate = (sql: string, dialect: SqlDialect): Translated => {
  const { token, nests, placeholder } = dialect
  const names: ParameterName[] = []
  let [text, uses] = ['', 0]
  for (let at = 0; at < sql.length;) {
    token.lastIndex = at
    const found = token.exec(sql)
    const { comment, name, foreign } = found?.groups ?? {}
    if (foreign ?? (name !== undefined && !isName(name))) {
      throw new TypeError(`${found?.[0] ?? ''} is neither :login nor :username`)
    }
    const end = comment ? endOfComment(sql, at, nests) : token.lastIndex
    if (isName(name)) uses++
    text += isName(name) ? placeholder(name, names) : sql.slice(at, end)
    at = end
  }
  return { text, names, uses }
}
