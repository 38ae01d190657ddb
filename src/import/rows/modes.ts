/** The table of modes: how each sends the credentials of a new user to Okta. */
import { DEFAULT_HASHES, inspect, type HashSettings } from '../../passwords/registry.ts'
import { toOktaHash, type OktaHashResult } from './okta-hash.ts'

/** What a mode reads in addition to the profile, by column; without empty values. */
export type Fields = ReadonlyMap<string, string>

export interface CredentialMode {
  /** Columns that it reads in addition to the profile. */
  readonly fields: readonly string[]
  /** Columns that it reads if they are there. */
  readonly optional?: readonly string[]
  /** The query of the create call (Okta management API, "Create a user"). */
  readonly query: string
  /** Each `credentials.provider.type` that Okta may show for a user created in this mode. */
  readonly providers: (fields: Fields) => readonly string[]
  /** Everything wrong with the fields, except missing ones; never their values. */
  readonly complaints?: (fields: Fields) => readonly string[]
  /** The `credentials` for fields without complaints. */
  readonly credentials: (fields: Fields) => Readonly<Record<string, unknown>> | undefined
}

const read = (fields: Fields, name: string): string => fields.get(name) ?? ''

const native = (): string[] => ['OKTA']

/** IMPORT becomes OKTA with the first correct password. */
const imported = (): string[] => ['IMPORT', 'OKTA']

/** What is too costly for the hook may still be imported. */
const UNBOUNDED = { bcryptCost: Infinity, maxMs: Infinity, maxMib: Infinity, encodings: [] }

const HASH_FLAWS = {
  unrecognised: 'is no hash that is known here',
  malformed: 'is damaged',
  truncated: 'is cut off',
  padded: 'has white space or NULs around it',
  out_of_bounds: 'is too costly',
} as const

/** Ends each reason for which another mode serves. */
export const HOOK_ADVICE =
  'import this person with --mode hook, so that the hook can check the password'

/** A salt in a column of its own is joined to the hash, as LEGACY_HASH_FORMAT describes the two. */
const encodedIn = (fields: Fields): string => {
  const salt = fields.get('password_salt')
  return [read(fields, 'password_hash'), ...(salt === undefined ? [] : [salt])].join(':')
}

/**
 * The mode `hash`: Okta checks the passwords itself.
 * @param settings how the hashes were made
 */
export const createHashMode = (settings: HashSettings): CredentialMode => {
  const convert = (fields: Fields): OktaHashResult => {
    const found = inspect(encodedIn(fields), { ...settings, ...UNBOUNDED })
    return 'flaw' in found ? { problem: HASH_FLAWS[found.flaw] } : toOktaHash(found)
  }
  return {
    fields: ['password_hash'],
    optional: ['password_salt'],
    query: 'activate=true',
    providers: imported,
    complaints: (fields) => {
      const result = convert(fields)
      if ('hash' in result) return []
      return [`password_hash ${result.problem}: ${HOOK_ADVICE}`]
    },
    credentials: (fields) => {
      const result = convert(fields)
      return 'hash' in result ? { password: { hash: result.hash } } : undefined
    },
  }
}

const LONGEST: Readonly<Record<string, number>> = { password: 72, question: 100, answer: 100 }

const lengthComplaints = (fields: Fields): string[] =>
  Object.entries(LONGEST)
    .filter(([name, max]) => read(fields, name).length > max)
    .map(([name, max]) => `${name} is longer than ${max} characters`)

const PROVIDER_TYPES = ['FEDERATION', 'SOCIAL']

const question = (fields: Fields): object => ({
  question: read(fields, 'question'),
  answer: read(fields, 'answer'),
})

export const CREDENTIAL_MODES = {
  hook: {
    fields: [],
    query: 'activate=true',
    providers: imported,
    credentials: () => ({ password: { hook: { type: 'default' } } }),
  },
  staged: {
    fields: [],
    query: 'activate=false',
    providers: native,
    credentials: () => undefined,
  },
  hash: createHashMode(DEFAULT_HASHES),
  password: {
    fields: ['password'],
    query: 'activate=true',
    providers: native,
    complaints: lengthComplaints,
    credentials: (fields) => ({ password: { value: read(fields, 'password') } }),
  },
  recovery: {
    fields: ['question', 'answer'],
    query: 'activate=false',
    providers: native,
    complaints: lengthComplaints,
    credentials: (fields) => ({ recovery_question: question(fields) }),
  },
  'password-recovery': {
    fields: ['password', 'question', 'answer'],
    query: 'activate=true',
    providers: native,
    complaints: lengthComplaints,
    credentials: (fields) => ({
      password: { value: read(fields, 'password') },
      recovery_question: question(fields),
    }),
  },
  federated: {
    fields: ['providerType', 'providerName'],
    query: 'activate=true&provider=true',
    providers: (fields) => [read(fields, 'providerType')],
    complaints: (fields) =>
      PROVIDER_TYPES.includes(read(fields, 'providerType'))
        ? []
        : [`providerType must be ${PROVIDER_TYPES.join(' or ')}`],
    credentials: (fields) => ({
      provider: { type: read(fields, 'providerType'), name: read(fields, 'providerName') },
    }),
  },
} satisfies Readonly<Record<string, CredentialMode>>

export type Mode = keyof typeof CREDENTIAL_MODES

export const MODES = Object.keys(CREDENTIAL_MODES) as Mode[]

/** Fields whose values are secrets in every mode, even one that does not read them. */
export const SECRET_FIELDS = ['password_hash', 'password_salt', 'password', 'answer']

const SECRET_KEYS = new Set(['value', 'salt', 'answer'])

/** Credentials without their secrets, to be shown. */
export const maskCredentials = (credentials: unknown): unknown =>
  JSON.parse(
    JSON.stringify(credentials, (key, value: unknown) => (SECRET_KEYS.has(key) ? '***' : value)),
  )
