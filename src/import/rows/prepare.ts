/** Validates a row, and builds the request that creates its user. */
import { hash } from 'node:crypto'
import type { OktaRequest } from '../../okta/client/client.ts'
import type { Candidate } from '../journal/row.ts'
import { LINE_COLUMN, type Columns } from './columns.ts'
import { maskCredentials, SECRET_FIELDS, type Fields, type CredentialMode } from './modes.ts'
import { foldLogin } from '../../login.ts'
import { BASE_ATTRIBUTES, readProfile, type Profile } from './profile.ts'
import { flagComplaints, groupsOf, isEnabled, type Roles } from './roles.ts'
import type { ProfileAttributes } from './attributes.ts'
import type { SourceRow, Value } from '../sources/source.ts'
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
  /** Values that no output may repeat, even if Okta's answer does. */
  readonly secrets: readonly string[]
}

export interface Prepared extends Candidate {
  readonly row: SourceRow
  /**
   * Also built for a rejected row, if possible: an earlier run may have sent it, before
   * the org's schema changed, and then Okta must still be asked about it.
   */
  readonly sendable: Sendable | undefined
}

/** What to do with people who may not sign in. */
export const DISABLED_CHOICES = ['skip', 'staged'] as const

export interface PrepareOptions {
  readonly columns: Columns
  readonly mode: CredentialMode
  readonly required: readonly string[]
  readonly groupIds: readonly string[]
  readonly userType: string | undefined
  readonly tidy?: Tidy
  readonly roles?: Roles
  readonly disabled?: (typeof DISABLED_CHOICES)[number]
  /** By default those of every org. */
  readonly attributes?: ProfileAttributes
  /** Columns that options name, in an input without a header. */
  readonly awaited?: readonly string[]
}

/** Okta's limit for the creation of a user (error code E0000093). */
export const MAX_GROUPS = 20

const DIGEST_BYTES = 16

const digestOf = (row: SourceRow, columns: Columns): Buffer => {
  const shown =
    'fields' in row ? [...row.fields].filter(([name]) => !columns.isSecret(name)) : row.flaw
  return hash('sha256', JSON.stringify(shown), 'buffer').subarray(0, DIGEST_BYTES)
}

type Values = ReadonlyMap<string, Value>

const sort = (values: Values, columns: Columns) => {
  const [profile, fields] = [new Map<string, Value>(), new Map<string, string>()]
  const problems: string[] = []
  for (const [column, value] of values) {
    const use = columns.useOf(column)
    if (use.kind === 'unclear') problems.push(use.problem)
    if (use.kind === 'profile') for (const name of use.names) profile.set(name, value)
    if (use.kind === 'field') for (const name of use.names) fields.set(name, String(value))
  }
  return { profile, fields, problems }
}

const withLogin = (profile: Values): Profile => {
  const email = profile.get('email')
  return profile.has('login') || email === undefined
    ? profile
    : new Map([['login', email], ...profile])
}

const fieldComplaints = (fields: Fields, { mode, columns }: PrepareOptions): string[] => {
  const missing = mode.fields.filter((name) => !fields.has(name))
  return missing.length > 0
    ? missing.map((name) => `${columns.label(name)} is missing`)
    : [...(mode.complaints?.(fields) ?? [])]
}

interface Person {
  readonly profile: Profile
  readonly fields: Fields
  readonly groupIds: readonly string[]
  /** Whether an admin must activate the user before the first sign-in. */
  readonly isStaged: boolean
}

const requestFor = (person: Person, { mode, userType }: PrepareOptions): CreateUser => {
  const { profile, fields, groupIds, isStaged } = person
  const credentials = mode.credentials(fields)
  const query = isStaged ? mode.query.replace('activate=true', 'activate=false') : mode.query
  return {
    method: 'POST',
    path: `/api/v1/users?${query}`,
    body: {
      profile: Object.fromEntries(profile),
      ...(credentials && { credentials }),
      ...(groupIds.length > 0 && { groupIds }),
      ...(userType !== undefined && { type: { id: userType } }),
    },
  }
}

/** The request without its secrets, to be shown. */
export const maskRequest = ({ method, path, body }: CreateUser) => ({
  method,
  path,
  body: 'credentials' in body ? { ...body, credentials: maskCredentials(body.credentials) } : body,
})

type Assessment = Pick<Prepared, 'sendable' | 'rejection' | 'isSkipped'>

const assess = (values: Values, options: PrepareOptions): Assessment => {
  const { columns, mode, required, roles = {}, attributes = BASE_ATTRIBUTES } = options
  const isStaged = isEnabled(values, roles) === false
  const { profile: given, fields, problems } = sort(values, columns)
  const check = { required, attributes, label: columns.label }
  const { profile, complaints } = readProfile(withLogin(given), check)
  const groupIds = [...new Set([...options.groupIds, ...groupsOf(values, roles)])]
  const ownFlaws = [
    ...flagComplaints(values, roles),
    ...(groupIds.length > MAX_GROUPS ? [`there are more than ${MAX_GROUPS} groups for it`] : []),
    ...fieldComplaints(fields, options),
  ]
  const flaws = [...problems, ...complaints, ...ownFlaws]
  const rejection = flaws.length > 0 ? flaws.join('; ') : undefined
  const login = profile.get('login')
  const isSkipped = isStaged && options.disabled !== 'staged'
  if (login === undefined || ownFlaws.length > 0) {
    return { sendable: undefined, rejection, isSkipped }
  }
  const secrets = [...values].filter(([column]) => columns.isSecret(column))
  const sendable = {
    request: requestFor({ profile, fields, groupIds, isStaged }, options),
    login: String(login),
    providers: mode.providers(fields),
    secrets: secrets.map(([, value]) => String(value)),
  }
  return { sendable, rejection, isSkipped }
}

export type Prepare = (row: SourceRow) => Prepared

const originOf = (fields: Values): number | undefined => {
  const line = Number(fields.get(LINE_COLUMN) ?? NaN)
  return Number.isSafeInteger(line) && line > 0 ? line : undefined
}

/**
 * A stream of JSON lines has no header: if an option named a wrong column, all rows would count as enabled, or be in
 * no group. So rows are rejected until one has the column.
 */
const createColumnWatch = (columns: readonly string[]) => {
  const unseen = new Set(columns)
  return (fields: Values): string | undefined => {
    for (const column of unseen) if (fields.has(column)) unseen.delete(column)
    const [first] = unseen
    return first && `there is no column "${first}", here or in the rows before`
  }
}

export const createPrepare = (options: PrepareOptions): Prepare => {
  const { columns, mode } = options
  const tidy = options.tidy ?? createTidy({ columns, nulls: [], notify: () => undefined })
  const hasSecrets = mode.fields.some((name) => SECRET_FIELDS.includes(name))
  const missingColumn = createColumnWatch(options.awaited ?? [])
  return (row) => {
    const fields = tidy.fields(row)
    const unsendable = {
      row,
      number: row.number,
      line: row.line,
      // Of the unchanged row, so that the journal recognises it with other options, too.
      digest: digestOf(row, columns),
      login: undefined,
      person: undefined,
      sendable: undefined,
      rejection: 'flaw' in row ? row.flaw : undefined,
      isSkipped: false,
      hasSecrets: false,
      origin: originOf(fields),
    }
    if ('flaw' in row) return unsendable
    if (fields.size === 0) {
      tidy.countBlank()
      return unsendable
    }
    const missing = missingColumn(row.fields)
    if (missing !== undefined) return { ...unsendable, rejection: missing }
    const { sendable, rejection, isSkipped = false } = assess(fields, options)
    const person = sendable && foldLogin(sendable.login)
    if (isSkipped) return { ...unsendable, person, isSkipped }
    if (rejection !== undefined || !sendable) return { ...unsendable, sendable, person, rejection }
    return { ...unsendable, login: person, person, sendable, hasSecrets }
  }
}
