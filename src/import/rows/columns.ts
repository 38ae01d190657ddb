/** Decides what each column of the input is for, and which columns need an option. */
import leven from 'leven'
import { SECRET_FIELDS } from './modes.ts'
import { BASE_ATTRIBUTES } from './profile.ts'
import type { Roles } from './roles.ts'
import type { ProfileAttributes } from './attributes.ts'

export interface Mapping {
  /** From an attribute of Okta, or a field of the mode, to its column. */
  readonly map: ReadonlyMap<string, string>
  /** Columns to leave out. */
  readonly ignore: ReadonlySet<string>
  /** The fields that the mode reads in addition to the profile. */
  readonly fields: readonly string[]
  readonly roles?: Roles
  /** By default those of every org. */
  readonly attributes?: ProfileAttributes
}

export type Use =
  | { readonly kind: 'profile' | 'field'; readonly names: readonly string[] }
  | { readonly kind: 'left out'; readonly secret: boolean }
  | { readonly kind: 'unclear'; readonly problem: string }

/** In a rejects file, the line of the input that was rejected. */
export const LINE_COLUMN = 'import_line'

/** The report columns of a rejects file, which may be imported itself. */
const ABOUT = ['import_reason', 'import_error_code', 'import_request_id']
export const REPORT_COLUMNS = [LINE_COLUMN, ...ABOUT]

/** In a rejects file of JSON lines, text that could not be read as a row: once corrected, it is read as one. */
export const RAW_COLUMN = 'import_raw'

export const isReportColumn = (name: string): boolean =>
  name === RAW_COLUMN || REPORT_COLUMNS.includes(name)

/** Names that hold secrets wherever they occur, such as `password_hash`, `userPassword` or `salt`. */
const SECRET_NAME =
  /(^|_)(pass|passwd|password|passphrase|pwd|pw|hash|salt|secret|token|pin|answer)(_|$)/

const toSnakeCase = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z\d]+/g, '_')
    .toLowerCase()

export const isSecretName = (name: string): boolean => SECRET_NAME.test(toSnakeCase(name))

const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '')

/** One or two wrong letters; in a short word only one, since otherwise all would be similar. */
const isNear = (name: string, known: string): boolean =>
  leven(lettersOf(name), lettersOf(known)) <= (known.length < 5 ? 1 : 2)

/** Okta's rule for the variable name of an attribute. */
const ATTRIBUTE_NAME = /^[A-Za-z_]\w*$/

/** Quotes a value of an option for the shell, and also as in CSV if a comma would split it. */
const shellWord = (text: string): string =>
  /[",]/.test(text) ? `'"${text.replaceAll('"', '""')}"'` : `"${text}"`

const unclear = (problem: string): Use => ({ kind: 'unclear', problem })

const leftOut = (column: string): Use => ({ kind: 'left out', secret: isSecretName(column) })

const asProfile = (
  column: string,
  names: readonly string[],
  { areAll, get }: ProfileAttributes,
): Use => {
  const unknown = names.find((name) => areAll && !get(name))
  if (unknown !== undefined) {
    return unclear(
      `"${column}" is mapped to "${unknown}", and no profile in this org has such an attribute`,
    )
  }
  const fixed = names.find((name) => get(name)?.isReadOnly)
  return fixed === undefined
    ? { kind: 'profile', names }
    : unclear(`"${fixed}" is read-only in this org: say --ignore ${shellWord(column)}`)
}

const describeNear = (column: string, meant: string, areAll: boolean): string =>
  `"${column}" looks like ${meant}: say --map ${shellWord(`${meant}=${column}`)}, or --ignore ${shellWord(column)}` +
  (areAll ? '' : `, or --map ${shellWord(`${column}=${column}`)} if it is an attribute of your own`)

const useOfUnmapped = (column: string, mapping: Mapping): Use => {
  const { map, fields, attributes = BASE_ATTRIBUTES } = mapping
  const taken = map.get(column)
  if (taken !== undefined) {
    return unclear(`"${column}" is mapped from "${taken}": add --ignore ${shellWord(column)}`)
  }
  if (fields.includes(column)) return { kind: 'field', names: [column] }
  if (attributes.get(column) && !isSecretName(column)) {
    return asProfile(column, [column], attributes)
  }
  const meant = [...attributes.names, ...fields].find(
    (known) => known !== column && isNear(column, known),
  )
  if (meant !== undefined) return unclear(describeNear(column, meant, attributes.areAll))
  if (isSecretName(column)) return leftOut(column)
  if (attributes.areAll) {
    return unclear(
      `"${column}" is no attribute of a profile in this org: say --ignore ${shellWord(column)} or ` +
        `--map ${shellWord(`NAME=${column}`)}, or add it in the Admin Console (Directory, Profile Editor)`,
    )
  }
  if (ATTRIBUTE_NAME.test(column)) return { kind: 'profile', names: [column] }
  return unclear(
    `"${column}" cannot be the name of an attribute: say --map ${shellWord(`name=${column}`)} or --ignore ${shellWord(column)}`,
  )
}

const computeUse = (column: string, mapping: Mapping): Use => {
  const { map, ignore, fields, roles, attributes = BASE_ATTRIBUTES } = mapping
  if (ignore.has(column)) return leftOut(column)
  if (isReportColumn(column)) return { kind: 'left out', secret: false }
  const names = [...map].filter(([, from]) => from === column).map(([name]) => name)
  const asField = names.filter((name) => fields.includes(name))
  if (asField.length > 0 && asField.length < names.length) {
    return unclear(`"${column}" is mapped to a credential and to the profile`)
  }
  if (asField.length > 0) return { kind: 'field', names }
  const hasRole = column === roles?.enabled || column === roles?.groups
  if (names.length === 0 && hasRole) return { kind: 'left out', secret: false }
  return names.length > 0 ? asProfile(column, names, attributes) : useOfUnmapped(column, mapping)
}

/** JSON lines may have any number of columns: the cache is cleared at this size. */
const MAX_CACHED = 1_000

export interface Columns {
  useOf(column: string): Use
  /** Whether its values may be shown, kept in the journal as a digest, or written to the rejects file. */
  isSecret(column: string): boolean
  /** An attribute or field, with the column that is mapped to it. */
  readonly label: (name: string) => string
}

export const createColumns = (mapping: Mapping): Columns => {
  const cache = new Map<string, Use>()
  const useOf = (column: string): Use => {
    const use = cache.get(column) ?? computeUse(column, mapping)
    if (cache.size >= MAX_CACHED) cache.clear()
    cache.set(column, use)
    return use
  }
  const isSecret = (column: string): boolean => {
    const use = useOf(column)
    if (use.kind === 'left out') return use.secret
    return use.kind === 'field' && use.names.some((name) => SECRET_FIELDS.includes(name))
  }
  const label = (name: string): string => {
    const column = mapping.map.get(name)
    return column === undefined || column === name ? name : `${name} (${column})`
  }
  return { useOf, isSecret, label }
}
