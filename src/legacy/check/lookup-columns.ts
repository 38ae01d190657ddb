/** The columns that a lookup may return, and the refusal of statements that return others. */

/** The columns that say whose row it is. */
export const IDENTITY = ['login', 'email', 'short_name'] as const

export const LOOKUP_COLUMNS = ['password_hash', 'enabled', 'id', ...IDENTITY] as const

export type Column = (typeof LOOKUP_COLUMNS)[number]

/** For each column that is read, the name under which the store returns it: databases differ in case. */
export type ColumnNames = Readonly<Partial<Record<Column, string>>>

export interface ColumnRules {
  readonly unchecked: boolean
  /** Columns that may be returned without being read. */
  readonly ignored: readonly string[]
}

const isColumn = (name: string): name is Column =>
  (LOOKUP_COLUMNS as readonly string[]).includes(name)

const lowerCase = (name: string): string => name.toLowerCase()

const list = (names: readonly string[]): string => names.join(', ')

/** An expression without a name is named after its text, which may hold a key. */
const isName = (name: string): boolean => /^[\w$]{1,64}$/.test(name)

/** SQLite tells columns of one name apart by a number (`enabled:1`). */
const refuseDuplicates = (returned: readonly string[]): void => {
  const names = returned.map((name) => name.replace(/:\d+$/, ''))
  const twin = names.find((name, i) => names.indexOf(name) !== i)
  if (twin === undefined) return
  throw new TypeError(`it returns two columns named ${twin}; list the columns by name, each once`)
}

/** A flag under another name would let in all the people whom it disables. */
const refuseUnknown = (names: readonly string[], ignored: readonly string[]): void => {
  const unknown = names.filter((name) => !isColumn(name) && !ignored.includes(name))
  if (unknown.length === 0) return
  if (!unknown.every(isName))
    throw new TypeError('it returns an expression without a name; give it one with AS')
  const known = names.filter(isColumn)
  throw new TypeError(
    `it returns ${list(unknown)}, which this program does not read; it reads ${list(LOOKUP_COLUMNS)}. ` +
      `Rename a column with AS (such as ${unknown[0] ?? ''} AS enabled), or return only: ${list(known)}. ` +
      `To have it ignored, set LEGACY_LOOKUP_IGNORE=${unknown.concat(ignored).join(',')}`,
  )
}

const refuseNameless = (names: readonly string[]): void => {
  if (IDENTITY.some((column) => names.includes(column))) return
  throw new TypeError(
    `no column says whose row it is. Also return one or more of ${list(IDENTITY)}, such as email AS login; ` +
      'a row counts only if one of them equals the login that was typed',
  )
}

/** The columns among these that are read: another set of them is another statement. */
export const knownIn = (returned: readonly string[]): string =>
  returned.map(lowerCase).filter(isColumn).sort().join()

/**
 * Names are compared without case, as SQL does.
 * @throws TypeError when the statement must not be used
 */
export const nameColumns = (returned: readonly string[], rules: ColumnRules): ColumnNames => {
  const names = returned.map(lowerCase)
  refuseDuplicates(names)
  if (!names.includes('password_hash'))
    throw new TypeError('it must return a column named password_hash')
  refuseUnknown(names, rules.ignored.map(lowerCase))
  if (!rules.unchecked) refuseNameless(names)
  const pairs = names.map((name, i) => [name, returned[i]] as const)
  return Object.fromEntries(pairs.filter(([name]) => isColumn(name)))
}
