/** Owns what each column of the input is for, and the columns that need a word from the person. */
import leven from 'leven'
import { SECRET_FIELDS } from './forms.ts'
import { BASE_ATTRIBUTES } from './profile.ts'
import type { Roles } from './roles.ts'

export interface Mapping {
  /** From what Okta calls it, or a form's field, to the column that holds it. */
  readonly map: ReadonlyMap<string, string>
  /** Columns to leave out. */
  readonly ignore: ReadonlySet<string>
  /** The fields that the form reads beside the profile. */
  readonly fields: readonly string[]
  readonly roles?: Roles
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

const BASE_NAMES = Object.keys(BASE_ATTRIBUTES)

/** A word of an option for the shell; a comma in it would begin another one, unless it is quoted as in CSV. */
const word = (text: string): string =>
  /[",]/.test(text) ? `'"${text.replaceAll('"', '""')}"'` : `"${text}"`

const unclear = (problem: string): Use => ({ kind: 'unclear', problem })

const useOfUnmapped = (column: string, { map, fields }: Mapping): Use => {
  const taken = map.get(column)
  if (taken !== undefined) {
    return unclear(`"${column}" is mapped from "${taken}": add --ignore ${word(column)}`)
  }
  if (fields.includes(column)) return { kind: 'field', names: [column] }
  if (BASE_NAMES.includes(column)) return { kind: 'profile', names: [column] }
  const meant = [...BASE_NAMES, ...fields].find((known) => isNear(column, known))
  if (meant !== undefined) {
    return unclear(
      `"${column}" looks like ${meant}: say --map ${word(`${meant}=${column}`)}, or --ignore ${word(column)}, ` +
        `or --map ${word(`${column}=${column}`)} if it is an attribute of your own`,
    )
  }
  if (isSecretName(column)) return { kind: 'left out', secret: true }
  if (ATTRIBUTE_NAME.test(column)) return { kind: 'profile', names: [column] }
  return unclear(
    `"${column}" cannot be the name of an attribute: say --map ${word(`name=${column}`)} or --ignore ${word(column)}`,
  )
}

const computeUse = (column: string, mapping: Mapping): Use => {
  const { map, ignore, fields, roles } = mapping
  if (ignore.has(column)) return { kind: 'left out', secret: isSecretName(column) }
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
  return names.length > 0 ? { kind: 'profile', names } : useOfUnmapped(column, mapping)
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
