/** The settings of a legacy login, and which of its variables go together. */
import type { Input } from '../../config/load.ts'
import { LOGIN_VARIABLES } from '../../config/login-variables.ts'
import type { LEGACY_VARIABLES } from '../../config/store-variables.ts'
import { namesOf } from '../../config/variables.ts'
import type { DirectoryAccount, LoginHttpOptions, LoginStyleName } from '../../legacy/login.ts'

/** What a legacy login has no use for. */
const OF_A_DATABASE = [
  'LEGACY_DB_CA',
  'LEGACY_DB_POOL',
  'LEGACY_LOOKUP_SQL',
  'LEGACY_LOOKUP_IGNORE',
  'LEGACY_LOOKUP_UNCHECKED',
  'LEGACY_AUDIT_SQL',
] as const satisfies (keyof typeof LEGACY_VARIABLES)[]

type DatabaseName = 'LEGACY_DB_URL' | (typeof OF_A_DATABASE)[number]
type LoginInput = Input<keyof typeof LOGIN_VARIABLES | DatabaseName>

/** Only for the password grant and for Cognito. */
const parseClient = ({ values }: LoginInput): LoginHttpOptions['client'] => {
  const { LEGACY_LOGIN_CLIENT_ID: id, LEGACY_LOGIN_CLIENT_SECRET: secret } = values
  return id === undefined ? undefined : { id, secret, auth: values.LEGACY_LOGIN_CLIENT_AUTH }
}

type Kind = LoginStyleName | 'directory'

/** What each variable is for, where it is not for all. */
const USED_BY = {
  LEGACY_LOGIN_STYLE: ['json', 'oauth-password', 'cognito'],
  LEGACY_LOGIN_HEADER: ['json', 'oauth-password', 'cognito'],
  LEGACY_LOGIN_CLIENT_ID: ['oauth-password', 'cognito'],
  LEGACY_LOGIN_CLIENT_SECRET: ['oauth-password', 'cognito'],
  LEGACY_LOGIN_CLIENT_AUTH: ['oauth-password'],
  LEGACY_LOGIN_SCOPE: ['oauth-password'],
  LEGACY_LOGIN_AUDIENCE: ['oauth-password'],
  LEGACY_LOGIN_ACCEPT_MFA: ['oauth-password', 'cognito'],
  LEGACY_LOGIN_BIND_DN: ['directory'],
  LEGACY_LOGIN_BIND_PASSWORD: ['directory'],
} as const satisfies Partial<Record<keyof typeof LOGIN_VARIABLES, readonly Kind[]>>

const NAMES = Object.keys(USED_BY) as (keyof typeof USED_BY)[]

/** A person who has set a variable believes that it does something. */
const reportUnused = ({ isSet, report }: LoginInput, kind: Kind): void => {
  const why =
    kind === 'directory'
      ? 'LEGACY_LOGIN_URL is that of a directory'
      : `LEGACY_LOGIN_URL is not that of a directory, and LEGACY_LOGIN_STYLE is ${kind}`
  for (const name of NAMES) {
    const users: readonly Kind[] = USED_BY[name]
    if (isSet(name) && !users.includes(kind)) {
      const fix = 'Remove it, or correct LEGACY_LOGIN_URL or LEGACY_LOGIN_STYLE.'
      report(name, `is set, and has no use: ${why}`, fix)
    }
  }
}

/** Whether any part of a legacy login is configured. */
export const hasLogin = ({ isSet }: LoginInput): boolean => namesOf(LOGIN_VARIABLES).some(isSet)

export const reportWithoutUrl = ({ isSet, report }: LoginInput): void => {
  for (const name of namesOf(LOGIN_VARIABLES))
    if (isSet(name)) {
      const fix = 'Remove it, or set LEGACY_LOGIN_URL.'
      report(name, 'is set, and has no use: LEGACY_LOGIN_URL is not set', fix)
    }
}

const checkClient = ({ values, isSet, report }: LoginInput): void => {
  const isNeeded = values.LEGACY_LOGIN_STYLE === 'cognito' || isSet('LEGACY_LOGIN_CLIENT_SECRET')
  if (isNeeded && !isSet('LEGACY_LOGIN_CLIENT_ID')) report('LEGACY_LOGIN_CLIENT_ID', 'is missing')
}

const parseHttp = (input: LoginInput): Omit<LoginHttpOptions, 'http'> => {
  const { values } = input
  checkClient(input)
  return {
    style: values.LEGACY_LOGIN_STYLE,
    header: values.LEGACY_LOGIN_HEADER,
    client: parseClient(input),
    scope: values.LEGACY_LOGIN_SCOPE,
    audience: values.LEGACY_LOGIN_AUDIENCE,
    acceptsMfa: values.LEGACY_LOGIN_ACCEPT_MFA,
  }
}

/** The account that searches a directory: both parts of it, or a report. */
const parseDirectory = ({ values, isSet, report }: LoginInput): DirectoryAccount | undefined => {
  const { LEGACY_LOGIN_BIND_DN: dn, LEGACY_LOGIN_BIND_PASSWORD: password } = values
  for (const name of ['LEGACY_LOGIN_BIND_DN', 'LEGACY_LOGIN_BIND_PASSWORD'] as const)
    if (!isSet(name)) report(name, 'is missing, and LEGACY_LOGIN_URL is that of a directory')
  return dn === undefined || password === undefined ? undefined : { dn, password }
}

/** @returns undefined where LEGACY_LOGIN_URL is not valid, which was reported */
export const parseLogin = (input: LoginInput) => {
  const { values, isSet, report } = input
  const { LEGACY_LOGIN_URL: url } = values
  if (isSet('LEGACY_DB_URL')) {
    const problem = 'and LEGACY_DB_URL are both set, and only one can decide'
    report('LEGACY_LOGIN_URL', problem, 'Remove one of the two.')
  }
  for (const name of OF_A_DATABASE)
    if (isSet(name)) report(name, 'is set, and has no use: LEGACY_LOGIN_URL is set', 'Remove it.')
  if (url === undefined) return undefined
  if (isSet('LEGACY_LOGIN_CA') && url.startsWith('http:')) {
    const problem = 'is set, and LEGACY_LOGIN_URL is http://, which uses no certificates'
    report('LEGACY_LOGIN_CA', problem, 'Remove it, or use an https:// URL.')
  }
  reportUnused(input, url.startsWith('ldap') ? 'directory' : values.LEGACY_LOGIN_STYLE)
  return {
    kind: 'login' as const,
    url,
    ca: values.LEGACY_LOGIN_CA,
    maxAtOnce: values.LEGACY_LOGIN_POOL,
    http: url.startsWith('http') ? parseHttp(input) : undefined,
    directory: url.startsWith('ldap') ? parseDirectory(input) : undefined,
  }
}

export type LoginSettings = NonNullable<ReturnType<typeof parseLogin>>
