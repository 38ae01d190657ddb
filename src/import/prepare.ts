/** Owns the step from a row to the request that creates its user, or to the reasons against it. */
import { hash } from 'node:crypto'
import type { OktaRequest } from '../okta/client.ts'
import { LINE_COLUMN, type Columns } from './columns.ts'
import { maskCredentials, SECRET_FIELDS, type Fields, type Form } from './forms.ts'
import { foldLogin } from '../login.ts'
import { BASE_ATTRIBUTES, checkProfile, type Profile } from './profile.ts'
import type { SourceRow, Value } from './source.ts'
import { createTidy, type Tidy } from './tidy.ts'

export interface CreateUser extends OktaRequest {
  readonly method: 'POST'
  readonly body: {
    readonly profile: Readonly<Record<string, unknown>>
    readonly credentials?: unknown
    readonly groupIds?: readonly string[]
    readonly type?: { readonly id: string }
  }
}

export interface Sendable {
  readonly request: CreateUser
  readonly login: string
  /** Each `credentials.provider.type` that Okta may show for it. */
  readonly providers: readonly string[]
  /** Values that no output may repeat, even where Okta's answer does. */
  readonly secrets: readonly string[]
}

export interface Prepared {
  readonly row: SourceRow
  /** Tells the row from another one without telling what it says: secrets have no part in it. */
  readonly digest: Buffer
  /** Folded, see `foldLogin`; undefined where the row is not sendable. */
  readonly login: string | undefined
  readonly sendable: Sendable | undefined
  /** Why the row cannot be sent; undefined too where it has no values at all. */
  readonly rejection: string | undefined
  /** Whether what would be sent for it holds secrets. */
  readonly hasSecrets: boolean
  /** Of a row of a rejects file, its line in the input that was rejected. */
  readonly origin: number | undefined
}

export interface PrepareOptions {
  readonly columns: Columns
  readonly form: Form
  readonly required: readonly string[]
  readonly groupIds: readonly string[]
  readonly userType: string | undefined
  readonly tidy?: Tidy
}

const DIGEST_BYTES = 16

const digestOf = (row: SourceRow, columns: Columns): Buffer => {
  const shown =
    'fields' in row ? [...row.fields].filter(([name]) => !columns.isSecret(name)) : row.flaw
  return hash('sha256', JSON.stringify(shown), 'buffer').subarray(0, DIGEST_BYTES)
}

interface Sorted {
  readonly profile: Map<string, Value>
  readonly fields: Map<string, string>
  readonly problems: string[]
}

/** Base attributes are text in Okta, whatever a database holds them as. */
const asAttribute = (name: string, value: Value): Value =>
  name in BASE_ATTRIBUTES && typeof value === 'number' ? String(value) : value

const sort = (values: ReadonlyMap<string, Value>, columns: Columns): Sorted => {
  const sorted: Sorted = { profile: new Map(), fields: new Map(), problems: [] }
  for (const [column, value] of values) {
    const use = columns.useOf(column)
    if (use.kind === 'unclear') sorted.problems.push(use.problem)
    if (use.kind === 'profile') {
      for (const name of use.names) sorted.profile.set(name, asAttribute(name, value))
    }
    if (use.kind === 'field') {
      for (const name of use.names) sorted.fields.set(name, String(value))
    }
  }
  return sorted
}

const withLogin = (profile: Map<string, Value>): Profile => {
  const email = profile.get('email')
  return profile.has('login') || email === undefined
    ? profile
    : new Map([['login', email], ...profile])
}

const complaintsOf = (
  { fields, problems }: Sorted,
  profile: Profile,
  options: PrepareOptions,
): string[] => {
  const { form, required, columns } = options
  const missing = form.fields.filter((name) => !fields.has(name))
  return [
    ...problems,
    ...checkProfile(profile, required, columns.label),
    ...missing.map((name) => `${columns.label(name)} is missing`),
    ...(missing.length > 0 ? [] : form.complaints(fields)),
  ]
}

const requestFor = (profile: Profile, fields: Fields, options: PrepareOptions): CreateUser => {
  const { form, groupIds, userType } = options
  const credentials = form.credentials(fields)
  return {
    method: 'POST',
    path: `/api/v1/users?${form.query}`,
    body: {
      profile: Object.fromEntries(profile),
      ...(credentials && { credentials }),
      ...(groupIds.length > 0 && { groupIds }),
      ...(userType !== undefined && { type: { id: userType } }),
    },
  }
}

/** The request as it may be shown. */
export const maskRequest = ({ method, path, body }: CreateUser): object => ({
  method,
  path,
  body: 'credentials' in body ? { ...body, credentials: maskCredentials(body.credentials) } : body,
})

const judge = (
  values: ReadonlyMap<string, Value>,
  options: PrepareOptions,
): Sendable | { readonly rejection: string } => {
  const sorted = sort(values, options.columns)
  const profile = withLogin(sorted.profile)
  const complaints = complaintsOf(sorted, profile, options)
  if (complaints.length > 0) return { rejection: complaints.join('; ') }
  const { fields } = sorted
  const secrets = [...values].filter(([column]) => options.columns.isSecret(column))
  return {
    request: requestFor(profile, fields, options),
    login: String(profile.get('login')),
    providers: options.form.providers(fields),
    secrets: secrets.map(([, value]) => String(value)),
  }
}

export type Prepare = (row: SourceRow) => Prepared

const originOf = (fields: ReadonlyMap<string, Value>): number | undefined => {
  const line = Number(fields.get(LINE_COLUMN) ?? NaN)
  return Number.isSafeInteger(line) && line > 0 ? line : undefined
}

export const createPrepare = (options: PrepareOptions): Prepare => {
  const { columns, form } = options
  const tidy = options.tidy ?? createTidy({ columns, nulls: [], say: () => undefined })
  const hasSecrets = form.fields.some((name) => SECRET_FIELDS.includes(name))
  return (row) => {
    const fields = tidy.fields(row)
    const unsendable = {
      row,
      // Of the row as it stands, so that journals know it whatever is left off.
      digest: digestOf(row, columns),
      login: undefined,
      sendable: undefined,
      rejection: 'flaw' in row ? row.flaw : undefined,
      hasSecrets: false,
      origin: originOf(fields),
    }
    if ('flaw' in row) return unsendable
    if (fields.size === 0) {
      tidy.noteBlank()
      return unsendable
    }
    const judged = judge(fields, options)
    if ('rejection' in judged) return { ...unsendable, rejection: judged.rejection }
    return { ...unsendable, login: foldLogin(judged.login), sendable: judged, hasSecrets }
  }
}
