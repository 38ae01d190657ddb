/** Reads the same attributes of an account and of a user, so that they can be compared and imported. */
import type { AccountColumns } from '../../audit/accounts/columns.ts'
import { AppError } from '../../errors/errors.ts'
import { isSecretName } from '../../import/rows/columns.ts'
import { BASE_ATTRIBUTES } from '../../import/rows/profile.ts'
import { createTidy } from '../../import/rows/tidy.ts'
import type { Source, SourceRow, Value } from '../../import/sources/source.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import { printable } from '../../text/printable.ts'

/** What is compared if nothing else is named. */
const USUAL = ['email', 'firstName', 'lastName']

export interface ReconcileProfiles {
  /** Attributes that the rows have, besides the login: what `missing.csv` has. */
  readonly given: readonly string[]
  /** Those of them that are compared. */
  readonly compared: readonly string[]
  /** What Okta requires of a user and the rows do not have. */
  readonly absent: readonly string[]
  /** As JSON, by the name in Okta. */
  readonly profileOf: (row: SourceRow) => string
  readonly attributesOf: (user: OktaUser) => string
}

export interface ProfileChoice {
  /** From a name in Okta to the column that holds it. */
  readonly map: ReadonlyMap<string, string>
  /** As `--attribute` names them; empty for the usual ones. */
  readonly attributes: readonly string[]
}

const refuse = (name: string, { columns }: Source): AppError => {
  const shown = columns.map((column) => printable(column, 40)).join(', ')
  const detail = `  --attribute ${printable(name, 40)}: there is no such column, but ${shown}.\n  Return it, or say --map ${printable(name, 40)}=COLUMN.`
  return new AppError('columns_missing', { detail })
}

/** As an import reads it: a list is JSON. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const isNothing = (value: unknown): boolean => value === null || value === undefined || value === ''

const toJson = (names: readonly string[], valueOf: (name: string) => unknown): string =>
  JSON.stringify(
    Object.fromEntries(
      names
        .map((name) => [name, valueOf(name)] as const)
        .filter(([, value]) => !isNothing(value))
        .map(([name, value]) => [name, textOf(value)]),
    ),
  )

/** @throws AppError `columns_missing` for an attribute that is to be compared and that no column has */
export const findReconcileProfiles = (
  source: Source,
  own: AccountColumns,
  { map, attributes }: ProfileChoice,
): ReconcileProfiles => {
  const columnOf = (name: string): string | undefined => {
    const wanted = (map.get(name) ?? name).toLowerCase()
    const found = source.columns.find((column) => column.toLowerCase() === wanted)
    return found === own.hash || isSecretName(name) ? undefined : found
  }
  const known = [...BASE_ATTRIBUTES.names, ...attributes].filter((name) => name !== 'login')
  const columns = new Map<string, string>()
  for (const name of known) {
    const column = columnOf(name)
    if (column !== undefined) columns.set(name, column)
  }
  const unknown = attributes.find((name) => name !== 'login' && !columns.has(name))
  if (unknown !== undefined) throw refuse(unknown, source)
  const given = [...columns.keys()]
  const compared = (attributes.length > 0 ? attributes : USUAL).filter((name) => columns.has(name))
  const tidy = createTidy({
    ...{ columns: { isSecret: () => false }, nulls: [] },
    notify: () => undefined,
  })
  return {
    given,
    compared,
    absent: BASE_ATTRIBUTES.required.filter((name) => name !== 'login' && !columns.has(name)),
    profileOf: (row) => {
      const fields: ReadonlyMap<string, Value> = tidy.fields(row)
      return toJson(given, (name) => fields.get(columns.get(name) ?? ''))
    },
    attributesOf: ({ profile }) => toJson(compared, (name) => profile[name]),
  }
}

/** Whether the account has a value that Okta does not have: as `import --update` would change it. */
export const hasDrifted = (
  profile: string | null,
  attributes: string | null,
  compared: readonly string[],
): boolean => {
  if (profile === null || attributes === null || profile === attributes) return false
  const [here, there] = [profile, attributes].map(
    (json) => JSON.parse(json) as Record<string, string>,
  )
  return compared.some((name) => here?.[name] !== undefined && here[name] !== there?.[name])
}
