/** Owns the forms in which Okta takes a new user's credentials: one row a mode of the import. */
import { bcrypt } from '../../passwords/bcrypt/grammar.ts'
import { inspectAs } from '../../passwords/registry.ts'

/** What a form reads beside the profile, by the name of its column; empty ones are left out. */
export type Fields = ReadonlyMap<string, string>

export interface CredentialMode {
  /** Columns that it reads beside the profile's. */
  readonly fields: readonly string[]
  /** The query of the create call (Okta management API, "Create a user"). */
  readonly query: string
  /** Each `credentials.provider.type` that Okta may show for a user made in this form. */
  readonly providers: (fields: Fields) => readonly string[]
  /** Everything wrong with the fields, beyond missing ones; never their values. */
  readonly complaints: (fields: Fields) => readonly string[]
  /** The `credentials` of fields that have none of these complaints. */
  readonly credentials: (fields: Fields) => Readonly<Record<string, unknown>> | undefined
}

const read = (fields: Fields, name: string): string => fields.get(name) ?? ''

/** The dearest cost that Okta takes (Okta management API, schema PasswordCredentialHash). */
const OKTA_BOUNDS = { bcryptCost: 20 }

const HASH_FLAWS = {
  unrecognised: 'is no bcrypt hash of the kinds $2a$, $2b$ and $2y$',
  malformed: 'is damaged',
  truncated: 'is cut off',
  padded: 'has white space or NULs around it',
  out_of_bounds: 'costs more than 20, the dearest that Okta takes',
} as const

/** Made by a flawed bcrypt, which Okta's would not reproduce. */
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

const none = (): [] => []

const native = (): string[] => ['OKTA']

/** The first right password makes OKTA of IMPORT. */
const imported = (): string[] => ['IMPORT', 'OKTA']

export const FORMS = {
  hook: {
    fields: [],
    query: 'activate=true',
    providers: imported,
    complaints: none,
    credentials: () => ({ password: { hook: { type: 'default' } } }),
  },
  staged: {
    fields: [],
    query: 'activate=false',
    providers: native,
    complaints: none,
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

export type Mode = keyof typeof FORMS

export const MODES = Object.keys(FORMS) as Mode[]

/** Fields whose values are secrets in every mode, also in one that does not read them. */
export const SECRET_FIELDS = ['password_hash', 'password', 'answer']

const SECRET_KEYS = new Set(['value', 'salt', 'answer'])

/** Credentials as they may be shown: all but the hook's form hold secrets. */
export const maskCredentials = (credentials: unknown): unknown =>
  JSON.parse(
    JSON.stringify(credentials, (key, value: unknown) => (SECRET_KEYS.has(key) ? '***' : value)),
  )
