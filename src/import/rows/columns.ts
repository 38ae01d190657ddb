/** Owns what each column of the input is for, and the columns that need a word from the person. */
import leven from 'leven'
import { SECRET_FIELDS } from './modes.ts'
import { BASE_ATTRIBUTES } from './profile.ts'
import type { Roles } from './roles.ts'
import type { ProfileAttributes } from './attributes.ts'

export interface Mapping {
  /** From what Okta calls it, or a form's field, to the column that holds it. */
  readonly map: ReadonlyMap<string, string>
  /** Columns to leave out. */
  readonly ignore: ReadonlySet<string>
  /** The fields that the form reads beside the profile. */
  readonly fields: readonly string[]
  readonly roles?: Roles
  /** Those of every org, where it is not known which this one has. */
  readonly attributes?: ProfileAttributes
}

export type Use =
  | { readonly kind: 'profile' | 'field'; readonly names: readonly string[] }
  | { readonly kind: 'left out'; readonly secret: boolean }
  | { readonly kind: 'unclear'; readonly problem: string }

/** In a rejects file, the line of the input that was rejected. */
export const LINE_COLUMN = 'import_line'

/** Columns of a rejects file, which may be imported in its turn. */
export const REPORT_COLUMNS = [
  LINE_COLUMN,
  'import_reason',
  'import_error_code',
  'import_request_id',
]

/** In a rejects file of JSON lines, the text of what is no row: once it is corrected, it is read as one. */
export const RAW_COLUMN = 'import_raw'

/** Names that hold secrets wherever they occur, such as `password_hash`, `userPassword` or `salt`. */
const SECRET_NAME =
  /(^|_)(pass|passwd|password|passphrase|pwd|pw|hash|salt|secret|token|pin|answer)(_|$)/

const toSnakeCase = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z\d]+/g, '_')
    .toLowerCase()

export const isSecretName = (name: string): boolean => SECRET_NAME.test(toSnakeCase(name))

const bare = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '')

/** Two letters swapped, or one or two typed wrong; in a short word only one, else all would be near. */
const isNear = (name: string, known: string): boolean =>
  leven(bare(name), bare(known)) <= (known.length < 5 ? 1 : 2)

/** Okta's rule for the variable name of an attribute. */
const ATTRIBUTE_NAME = /^[A-Za-z_]\w*$/

/** A word of an option for the shell; a comma in it would begin another one, unless it is quoted as in CSV. */
const word = (text: string): string =>
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
    : unclear(`"${fixed}" is read-only in this org: say --ignore ${word(column)}`)
}

const describeNear = (column: string, meant: string, areAll: boolean): string =>
  `"${column}" looks like ${meant}: say --map ${word(`${meant}=${column}`)}, or --ignore ${word(column)}` +
  (areAll ? '' : `, or --map ${word(`${column}=${column}`)} if it is an attribute of your own`)

const useOfUnmapped = (column: string, mapping: Mapping): Use => {
  const { map, fields, attributes = BASE_ATTRIBUTES } = mapping
  const taken = map.get(column)
  if (taken !== undefined) {
    return unclear(`"${column}" is mapped from "${taken}": add --ignore ${word(column)}`)
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
      `"${column}" is no attribute of a profile in this org: say --ignore ${word(column)} or ` +
        `--map ${word(`NAME=${column}`)}, or add it in the Admin Console (Directory, Profile Editor)`,
    )
  }
  if (ATTRIBUTE_NAME.test(column)) return { kind: 'profile', names: [column] }
  return unclear(
    `"${column}" cannot be the name of an attribute: say --map ${word(`name=${column}`)} or --ignore ${word(column)}`,
  )
}

const computeUse = (column: string, mapping: Mapping): Use => {
  const { map, ignore, fields, roles, attributes = BASE_ATTRIBUTES } = mapping
  if (ignore.has(column)) return leftOut(column)
  if (column === RAW_COLUMN || REPORT_COLUMNS.includes(column))
    return { kind: 'left out', secret: false }
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

/** Columns of JSON lines are never all known; beyond this many, the memory of them starts afresh. */
const MAX_REMEMBERED = 1_000

export interface Columns {
  useOf(column: string): Use
  /** Whether its values may be shown, kept in the journal as a digest, or written to the rejects file. */
  isSecret(column: string): boolean
  /** An attribute or field with the column that is mapped to it. */
  readonly label: (name: string) => string
}

export const createColumns = (mapping: Mapping): Columns => {
  const remembered = new Map<string, Use>()
  const useOf = (column: string): Use => {
    const use = remembered.get(column) ?? computeUse(column, mapping)
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(column, use)
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
