/** The table of the variables of a legacy login: a system that gives no hashes away and is asked about each password. */
import * as z from 'zod'
import { isSafeUrl } from '../http/url.ts'
import {
  checkedText,
  headerValue,
  MAX_BUNDLE_BYTES,
  pemCertificates,
  text,
  variable,
  whole,
} from './variable.ts'

const SCHEMES = /^(?:https?|ldaps?):\/\/./

const isHttp = (value: string): boolean => /^https?:/.test(value)

const isLoginUrl = (value: string): boolean =>
  SCHEMES.test(value) && URL.canParse(value) && (!isHttp(value) || isSafeUrl(value))

/** RFC 9110, section 5.1; the value as in section 5.5. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/

const header = text(HEADER).transform((line) => {
  const [, name = '', value = ''] = HEADER.exec(line) ?? []
  return { name: name.toLowerCase(), value }
})

const CLIENT_FIX =
  'Copy it from the client that you made for this program in the authorization server, or in Cognito.'

export const LOGIN_VARIABLES = {
  LEGACY_LOGIN_URL: variable(checkedText(isLoginUrl).optional(), {
    help: 'in place of LEGACY_DB_URL, a system that gives no hashes away and is asked whether a password is right: https:// (http:// on this machine only), ldaps:// or ldap://',
    fix: 'Use an https:// URL without user or password, or an ldaps:// URL: see docs/LEGACY-LOGIN.md.',
    secret: true,
  }),
  LEGACY_LOGIN_STYLE: variable(z.enum(['json', 'oauth-password', 'cognito']).default('json'), {
    help: 'how a legacy login over HTTP is asked: by the contract of docs/LEGACY-LOGIN.md, by the password grant of OAuth 2.0, or by the InitiateAuth of Amazon Cognito',
    fix: 'Use json, oauth-password or cognito.',
  }),
  LEGACY_LOGIN_HEADER: variable(header.optional(), {
    help: 'a header for each request to a legacy login over HTTP, with the secret of the endpoint: NAME: VALUE',
    fix: 'Use one line such as Authorization: Bearer …, in printable ASCII.',
    secret: true,
  }),
  LEGACY_LOGIN_CLIENT_ID: variable(headerValue.optional(), {
    help: 'the client that this program is to the authorization server, or to Cognito',
    fix: CLIENT_FIX,
  }),
  LEGACY_LOGIN_CLIENT_SECRET: variable(headerValue.optional(), {
    help: 'the secret of that client, if it has one',
    fix: CLIENT_FIX,
    secret: true,
  }),
  LEGACY_LOGIN_CLIENT_AUTH: variable(z.enum(['basic', 'post']).default('basic'), {
    help: 'how the client is named to an authorization server: in the header Authorization (client_secret_basic), or in the form (client_secret_post)',
    fix: 'Use basic, or post where the server refuses basic.',
  }),
  LEGACY_LOGIN_SCOPE: variable(
    text(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/).optional(),
    {
      help: 'the scope of the token that an authorization server issues and nobody uses; the smallest that it allows',
      fix: 'Use scopes separated by single spaces, or leave it out.',
    },
  ),
  LEGACY_LOGIN_AUDIENCE: variable(headerValue.optional(), {
    help: 'the audience of that token, for Auth0 and others that require one',
    fix: 'Copy the identifier of an API of the authorization server, or leave it out.',
  }),
  LEGACY_LOGIN_ACCEPT_MFA: variable(z.stringbool().default(false), {
    help: '"true" takes the demand of a second factor (mfa_required of Auth0, the challenges of Cognito) as a match, since both come only after the right password; otherwise these people get an outage',
    fix: 'Set it to true only if Okta demands a second factor too, and only for Auth0 or Cognito.',
  }),
  LEGACY_LOGIN_CA: variable(pemCertificates.optional(), {
    help: 'certificates (PEM) to trust for the legacy login instead of the public ones, preferably as LEGACY_LOGIN_CA_FILE; requires TLS',
    fix: 'Set LEGACY_LOGIN_CA_FILE to the path of the CA certificate of that system, in PEM.',
    secret: true,
    maxFileBytes: MAX_BUNDLE_BYTES,
  }),
  LEGACY_LOGIN_BIND_DN: variable(text(/^[^\0]*[^\s\0][^\0]*$/).optional(), {
    help: 'for ldaps:// and ldap://, the distinguished name of the account that searches the directory',
    fix: 'Use the name of an account that may only search, such as cn=okta-hook,ou=services,dc=example,dc=com.',
  }),
  LEGACY_LOGIN_BIND_PASSWORD: variable(text(/^[^\0]+$/).optional(), {
    help: 'the password of that account',
    fix: 'Set LEGACY_LOGIN_BIND_PASSWORD_FILE to a file with the password of LEGACY_LOGIN_BIND_DN.',
    secret: true,
  }),
  LEGACY_LOGIN_POOL: variable(whole(1, 1000).default(100), {
    help: 'questions to the legacy login that are under way at once, each on a connection; one more is answered with 503. Okta makes up to 75 calls at once',
    fix: 'Use a whole number from 1 to 1000, and no more than the system allows.',
  }),
}
