/** The table of modes: how each sends the credentials of a new user to Okta. */
import { bcrypt } from '../../passwords/families/bcrypt.ts'
import { DEFAULT_HASHES, inspectAs } from '../../passwords/registry.ts'

/** What a mode reads in addition to the profile, by column; without empty values. */
export type Fields = ReadonlyMap<string, string>

export interface CredentialMode {
  /** Columns that it reads in addition to the profile. */
  readonly fields: readonly string[]
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

/** The highest cost that Okta accepts (Okta management API, schema PasswordCredentialHash). */
const OKTA_BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 20 }

const HASH_FLAWS = {
  unrecognised: 'is no bcrypt hash of the kinds $2a$, $2b$ and $2y$',
  malformed: 'is damaged',
  truncated: 'is cut off',
  padded: 'has white space or NULs around it',
  out_of_bounds: 'costs more than 20, the dearest that Okta takes',
} as const

/** Made by a faulty bcrypt, which Okta does not reproduce. */
const FLAWED = /^\s*\$2x\$/

const hashComplaints = (fields: Fields): string[] => {
  const encoded = read(fields, 'password_hash')
  const found = inspectAs(FLAWED.test(encoded) ? [] : [bcrypt], encoded, OKTA_BOUNDS)
  return 'flaw' in found ? [`password_hash ${HASH_FLAWS[found.flaw]}`] : []
}

/** `$2b$10$`, then 22 characters of salt and 31 of hash. */
const splitHash = (encoded: string): Readonly<Record<string, unknown>> => ({
  algorithm: 'BCRYPT',
  workFactor: Number(encoded.slice(4, 6)),
  salt: encoded.slice(7, 29),
  value: encoded.slice(29),
})

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

const native = (): string[] => ['OKTA']

/** IMPORT becomes OKTA with the first correct password. */
const imported = (): string[] => ['IMPORT', 'OKTA']

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
  hash: {
    fields: ['password_hash'],
    query: 'activate=true',
    providers: imported,
    complaints: hashComplaints,
    credentials: (fields) => ({ password: { hash: splitHash(read(fields, 'password_hash')) } }),
  },
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
} as const satisfies Readonly<Record<string, CredentialMode>>

export type Mode = keyof typeof CREDENTIAL_MODES

export const MODES = Object.keys(CREDENTIAL_MODES) as Mode[]

/** Fields whose values are secrets in every mode, even one that does not read them. */
export const SECRET_FIELDS = ['password_hash', 'password', 'answer']

const SECRET_KEYS = new Set(['value', 'salt', 'answer'])

/** Credentials without their secrets, to be shown. */
export const maskCredentials = (credentials: unknown): unknown =>
  JSON.parse(
    JSON.stringify(credentials, (key, value: unknown) => (SECRET_KEYS.has(key) ? '***' : value)),
  )
