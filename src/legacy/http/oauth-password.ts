/** The style `oauth-password`: the password grant of OAuth 2.0 (RFC 6749, section 4.3). */
import type { LoginClient, LoginResult } from '../login.ts'
import {
  isFilledText,
  MFA_DEMANDED,
  noVerdict,
  parseObject,
  rowOf,
  unexpectedStatus,
  unusableLogin,
  type LoginStyle,
} from './style.ts'

/** Several tokens, with many claims each. */
const MAX_BYTES = 64 * 1024

/**
 * RFC 6749, section 5.2, has 400 for `invalid_grant`. Keycloak before 26.6 answers 401 (its issue 45812), and Auth0 403
 * ("Authentication API", token errors).
 */
const REFUSALS = [400, 401, 403]

/** In the words of Keycloak, Spring and IdentityServer. They change a reason in our log, and no decision. */
const BY_WORDS: readonly (readonly [words: RegExp, result: LoginResult])[] = [
  [/\b(?:password|credentials)\b.*\bexpired\b/i, 'expired'],
  [/\blocked\b/i, 'locked'],
  [/\b(?:disabled|blocked|deactivated|not fully set up)\b/i, 'disabled'],
]

/**
 * Microsoft Entra ID answers `invalid_grant` also for a second factor, a missing consent or a rule about the network. Taken
 * for wrong passwords, those would refuse everybody in silence. Its codes: "Microsoft Entra authentication and
 * authorization error codes".
 */
const ENTRA_CODE = /^AADSTS(\d+)\b/

const BY_ENTRA_CODE: Readonly<Record<string, LoginResult>> = {
  '50034': 'unknown_login',
  '50053': 'locked',
  '50055': 'expired',
  '50056': 'mismatch',
  '50057': 'disabled',
  '50126': 'mismatch',
}

/** The errors that a change of the configuration ends, and what to change. */
const UNUSABLE: Readonly<Record<string, string>> = {
  invalid_client:
    'the authorization server does not accept LEGACY_LOGIN_CLIENT_ID and LEGACY_LOGIN_CLIENT_SECRET (invalid_client)',
  unauthorized_client:
    'the authorization server does not allow this client the password grant (unauthorized_client)',
  unsupported_grant_type:
    'the authorization server does not offer the password grant (unsupported_grant_type)',
  invalid_scope: 'the authorization server does not accept LEGACY_LOGIN_SCOPE (invalid_scope)',
}

/** RFC 6749, section 2.3.1 and appendix B: both parts are form-encoded before they are joined. */
const formEncoded = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2)

const basicOf = ({ id, secret = '' }: LoginClient): string =>
  `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')}`

const judgeGrant = (words: unknown): LoginResult => {
  if (typeof words !== 'string') return 'mismatch'
  const code = ENTRA_CODE.exec(words)?.[1]
  if (code === undefined)
    return BY_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'mismatch'
  const result = BY_ENTRA_CODE[code]
  if (result) return result
  throw noVerdict(
    `the authorization server does not judge the password, for the reason AADSTS${code}`,
  )
}

const judgeRefusal = (status: number, error: unknown, words: unknown): LoginResult => {
  if (error === 'invalid_grant') return judgeGrant(words)
  const problem = rowOf(UNUSABLE, error)
  throw problem === undefined ? unexpectedStatus(status) : unusableLogin(problem)
}

export const OAUTH_PASSWORD_STYLE: LoginStyle = {
  mediaType: 'application/json',
  maxBytes: MAX_BYTES,
  request: ({ login, password }, { client, scope, audience }) => {
    const isBasic = client?.auth === 'basic' && client.secret !== undefined
    const form = new URLSearchParams({ grant_type: 'password', username: login, password })
    if (client && !isBasic) form.set('client_id', client.id)
    if (client?.secret !== undefined && !isBasic) form.set('client_secret', client.secret)
    if (scope !== undefined) form.set('scope', scope)
    if (audience !== undefined) form.set('audience', audience)
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(isBasic && { authorization: basicOf(client) }),
    }
    return { headers, body: form.toString() }
  },
  judge: ({ status, text }, { acceptsMfa }): LoginResult => {
    const { access_token: token, error, error_description: words } = parseObject(text)
    if (status === 200) {
      if (isFilledText(token) && error === undefined) return 'match'
      throw noVerdict('the legacy login answered 200 without an access_token, or with an error')
    }
    if (!REFUSALS.includes(status)) throw unexpectedStatus(status)
    if (error !== 'mfa_required') return judgeRefusal(status, error, words)
    // Auth0 demands it once the password was right ("Authenticate using ROPG with MFA").
    if (acceptsMfa) return 'match'
    throw noVerdict(MFA_DEMANDED)
  },
}
