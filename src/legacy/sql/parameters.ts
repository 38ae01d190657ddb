/** Turns a statement's named parameters into the placeholders of a driver. */

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

interface Lexis {
  /** Sticky alternatives: what is passed over whole, a parameter, or what the dialect must not hold. */
  readonly token: RegExp
  /** Whether a comment may hold comments. */
  readonly nests: boolean
  /** The placeholder for a name; adds the name where the driver wants it once more. */
  readonly place: (name: ParameterName, names: ParameterName[]) => string
}

const WORD = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`
const PARAMETER = String.raw`:(?<name>[A-Za-z_]\w*)`
const PLAIN = String.raw`'(?:[^']|'')*'|"(?:[^"]|"")*"`
const ESCAPED = (quote: string): string =>
  String.raw`${quote}(?:[^${quote}\\]|\\[^]|${quote}${quote})*${quote}`

const nameless = (name: ParameterName, names: ParameterName[]): string => {
  names.push(name)
  return '?'
}

const DIALECTS = {
  // SQLite, "SQLite Keywords" (quoted names) and "Parameters".
  sqlite: {
    token: new RegExp(
      String.raw`--[^\n]*|(?<comment>/\*)|${PLAIN}|` +
        '`(?:[^`]|``)*`|' +
        String.raw`\[[^\]]*\]|${WORD}|${PARAMETER}|(?<foreign>\?\d*|[@$]\w+)|[^]`,
      'y',
    ),
    nests: false,
    place: nameless,
  },
  // PostgreSQL, "Lexical Structure" (4.1). Its own `$1` would be taken for one of the placeholders.
  postgres: {
    token: new RegExp(
      String.raw`--[^\r\n]*|(?<comment>/\*)|[eE]${ESCAPED("'")}|${PLAIN}|` +
        String.raw`\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$|` +
        String.raw`${WORD}|::|${PARAMETER}|(?<foreign>\$\d+)|[^]`,
      'y',
    ),
    nests: true,
    place: (name, names) => {
      if (!names.includes(name)) names.push(name)
      return `$${names.indexOf(name) + 1}`
    },
  },
  // MySQL, "Comment Syntax" (11.7) and "String Literals" (11.1.1), without NO_BACKSLASH_ESCAPES.
  mysql: {
    token: new RegExp(
      String.raw`--(?=\s|$)[^\n]*|#[^\n]*|(?<comment>/\*)|${ESCAPED("'")}|${ESCAPED('"')}|` +
        '`(?:[^`]|``)*`|' +
        String.raw`${WORD}|${PARAMETER}|(?<foreign>\?)|[^]`,
      'y',
    ),
    nests: false,
    place: nameless,
  },
} as const satisfies Record<string, Lexis>

export type SqlDialect = keyof typeof DIALECTS

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
 * Replaces `:login` and `:username` wherever they are parameters, and nowhere else: what stands in
 * quotes or comments stays as it is. Values are never put into the text.
 * @throws TypeError when the statement holds another parameter
 */
export const translate = (sql: string, dialect: SqlDialect): Translated => {
  const { token, nests, place }: Lexis = DIALECTS[dialect]
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
    text += isName(name) ? place(name, names) : sql.slice(at, end)
    at = end
  }
  return { text, names, uses }
}
