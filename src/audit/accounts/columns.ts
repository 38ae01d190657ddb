/** Finds the columns that an audit reads: whose account it is, its hash, its flag, its last login, and its profile. */
import { AppError } from '../../errors/errors.ts'
import { createColumns, isSecretName, type Columns } from '../../import/rows/columns.ts'
import type { ProfileAttributes } from '../../import/rows/attributes.ts'
import type { Source } from '../../import/sources/source.ts'
import { printable } from '../../text/printable.ts'

export interface AccountColumns {
  readonly login: string
  /** Undefined where a file has none. */
  readonly hash: string | undefined
  readonly enabled: string
  readonly id: string
  /** Undefined where there is none. */
  readonly lastLogin: string | undefined
}

export interface ColumnChoice {
  /** From a name that this program knows to the column that holds it. */
  readonly map: ReadonlyMap<string, string>
  /** The file that stands for the store; it may have no hashes, as those of a directory never leave it. */
  readonly legacy?: string | undefined
  /** As `--last-login` names it. */
  readonly lastLogin?: string | undefined
}

type Input = Pick<Source, 'columns' | 'hasHeader'>

const LAST_LOGIN = 'last_login'
export const HASH_COLUMN = 'password_hash'

/** Without regard to case, as SQL compares names. */
const findIn = (columns: readonly string[], name: string): string | undefined =>
  columns.find((column) => column === name) ??
  columns.find((column) => column.toLowerCase() === name.toLowerCase())

const missing = ({ columns }: Input, name: string, advice: string): AppError => {
  const shown = columns.map((column) => printable(column, 40)).join(', ')
  const detail = `  There is no column "${name}"; there are: ${shown}.\n  ${advice}`
  return new AppError('columns_missing', { detail })
}

/**
 * JSON lines may leave a column out where it has no value, so their first rows show only what is there.
 * @throws AppError `columns_missing`
 */
export const findAccountColumns = (
  input: Input,
  { map, lastLogin, legacy }: ColumnChoice,
): AccountColumns => {
  const { columns } = input
  const find = (name: string): string | undefined => findIn(columns, map.get(name) ?? name)
  const twice = columns.find((column, i) => columns.indexOf(column) < i)
  if (twice !== undefined)
    throw new AppError('columns_twice', { detail: `  ${printable(twice, 40)}` })
  const need = (name: string, example: string): string => {
    const found = find(name)
    if (found !== undefined) return found
    throw missing(input, map.get(name) ?? name, example)
  }
  for (const column of map.values()) {
    // A flag that is never found would make everybody enabled.
    if (findIn(columns, column) === undefined) throw missing(input, column, 'Correct --map.')
  }
  if (lastLogin !== undefined && input.hasHeader && findIn(columns, lastLogin) === undefined) {
    throw missing(input, lastLogin, `Name one of them, such as --last-login ${columns.at(-1)}.`)
  }
  return {
    login: need('login', 'Return one, such as "email AS login", or say --map login=email.'),
    hash:
      legacy === undefined
        ? need(HASH_COLUMN, 'Return one, such as "pw AS password_hash".')
        : find(HASH_COLUMN),
    enabled: find('enabled') ?? 'enabled',
    id: find('id') ?? 'id',
    lastLogin:
      lastLogin === undefined
        ? (find(LAST_LOGIN) ?? (input.hasHeader ? undefined : LAST_LOGIN))
        : (findIn(columns, lastLogin) ?? lastLogin),
  }
}

const ROLES = [HASH_COLUMN, 'enabled', 'id', LAST_LOGIN]

export interface ProfileColumns {
  readonly columns: Columns
  /** The attributes that Okta requires and that some column holds. */
  readonly required: readonly string[]
  /** Whether there is more of a profile than its login. */
  readonly isAny: boolean
  readonly notices: readonly string[]
}

const list = (names: readonly string[]): string =>
  names.map((name) => printable(name, 40)).join(', ')

const noticesOf = (unclear: readonly string[], absent: readonly string[]): string[] => [
  ...(unclear.length > 0
    ? [
        `Not checked, since no profile has them: ${list(unclear)}. If one is an attribute: --map "NAME=COLUMN".`,
      ]
    : []),
  ...(absent.length > 0
    ? [`Not checked, since no column has them: ${list(absent)}, which Okta requires.`]
    : []),
]

/** An audit returns columns for other purposes too, so a column that the importer would ask about is left out. */
export const findProfileColumns = (
  source: Pick<Source, 'columns'>,
  own: AccountColumns,
  map: ReadonlyMap<string, string>,
  attributes: ProfileAttributes,
): ProfileColumns => {
  const attributeMap = new Map([...map].filter(([name]) => !ROLES.includes(name)))
  attributeMap.set('login', own.login)
  const meant = new Set(attributeMap.values())
  const roles = [own.hash ?? HASH_COLUMN, own.enabled, own.id, own.lastLogin ?? LAST_LOGIN]
  const ignore = new Set(roles.filter((column) => !meant.has(column)))
  const all = createColumns({ map: attributeMap, ignore, fields: [], attributes })
  const columns: Columns = {
    ...all,
    useOf: (column) => {
      const use = all.useOf(column)
      return use.kind === 'unclear' ? { kind: 'left out', secret: isSecretName(column) } : use
    },
  }
  const given = new Set(
    source.columns.flatMap((column) => {
      const use = columns.useOf(column)
      return use.kind === 'profile' ? use.names : []
    }),
  )
  const isAny = [...given].some((name) => name !== 'login' && attributes.get(name) !== undefined)
  const unclear = source.columns.filter((column) => all.useOf(column).kind === 'unclear')
  const absent = attributes.required.filter((name) => !given.has(name))
  const required = attributes.required.filter((name) => given.has(name))
  return { columns, required, isAny, notices: isAny ? noticesOf(unclear, absent) : [] }
}
