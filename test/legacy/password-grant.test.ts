/** Legacy logins by OAuth's password grant and by Cognito: against a real server, and the answers of others. */
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import type { LoginHttpOptions } from '../../src/legacy/login.ts'
import { isCheck, openLogin, startLoginServer } from '../support/login-server.ts'
import { CLIENT, startAuthorizationServer } from '../support/password-grant.ts'

type Http = Partial<LoginHttpOptions>

const PASSWORD = 'open +&=% sesamé'

const ask = async (url: string, http: Http, password = PASSWORD): Promise<string> => {
  try {
    const store = await openLogin(url, { http })
    const { signal } = new AbortController()
    return await store.verify('good@example.com', 'Good@Example.com', password, Infinity, signal)
  } catch (err) {
    if (err instanceof AppError) return `${err.code}: ${err.detail?.trim() ?? ''}`
    throw err
  }
}

describe.each(['basic', 'post'] as const)('an authorization server, by %s', (auth) => {
  const http: Http = { style: 'oauth-password', client: { ...CLIENT, auth } }

  it('says match and mismatch', async () => {
    const url = await startAuthorizationServer(auth)
    expect(await ask(url, http)).toBe('match')
    expect(await ask(url, http, `${PASSWORD} `)).toBe('mismatch')
  })

  it('refuses the start for the wrong client', async () => {
    const url = await startAuthorizationServer(auth)
    const client = { ...CLIENT, secret: 'wrong', auth }
    expect(await ask(url, { ...http, client })).toMatch(/^legacy_unusable: .*\(invalid_client\)$/)
  })
})

/** A server whose answer to a check is that of a wrong password, and to any other question the given one. */
const startAnswering = async (
  status: number,
  body: unknown,
  wrong: object = { error: 'invalid_grant' },
  type = 'application/json',
) =>
  startLoginServer((asked, _, res) => {
    const [code, answer] = isCheck(asked.body) ? [400, wrong] : [status, body]
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
    res.writeHead(code, { 'content-type': type }).end(text)
  })

const NO_VERDICT = /^legacy_unavailable: .*unexpected status \d+$/
const MFA = /^legacy_unavailable: .*LEGACY_LOGIN_ACCEPT_MFA$/

const grant = (words: string): object => ({ error: 'invalid_grant', error_description: words })

describe('the password grant', () => {
  it.each<[string, number, unknown, string | RegExp]>([
    ['RFC 6749', 400, { error: 'invalid_grant' }, 'mismatch'],
    [
      'Keycloak before 26.6',
      401,
      { error: 'invalid_grant', error_description: 'Invalid user credentials' },
      'mismatch',
    ],
    [
      'Keycloak',
      400,
      { error: 'invalid_grant', error_description: 'Account disabled' },
      'disabled',
    ],
    [
      'Keycloak',
      400,
      { error: 'invalid_grant', error_description: 'Account is not fully set up' },
      'disabled',
    ],
    [
      'Auth0',
      403,
      { error: 'invalid_grant', error_description: 'Wrong email or password.' },
      'mismatch',
    ],
    ['Spring', 400, grant('User account is locked'), 'locked'],
    ['Spring', 400, grant('User credentials have expired'), 'expired'],
    ['Entra ID', 400, grant('AADSTS50126: Error validating credentials.'), 'mismatch'],
    ['Entra ID', 400, grant('AADSTS50034: The user account does not exist.'), 'unknown_login'],
    ['Entra ID', 400, grant('AADSTS50053: The account is locked.'), 'locked'],
    ['Entra ID', 400, grant('AADSTS50055: The password is expired.'), 'expired'],
    ['Entra ID', 400, grant('AADSTS50057: The user account is disabled.'), 'disabled'],
    ['Entra ID', 400, grant('AADSTS50076: You must use multi-factor.'), /reason AADSTS50076$/],
    ['Entra ID', 400, grant('AADSTS65001: no consent, disabled'), /reason AADSTS65001$/],
    ['Auth0', 403, { error: 'mfa_required', mfa_token: 'x' }, MFA],
    ['Auth0', 429, { error: 'too_many_attempts' }, NO_VERDICT],
    ['Auth0', 401, { error: 'requires_verification' }, NO_VERDICT],
    ['Auth0', 403, { error: 'access_denied' }, NO_VERDICT],
    ['any', 401, { error: 'invalid_client' }, /^legacy_unavailable: .*invalid_client/],
    ['any', 400, { error: 'unauthorized_client' }, /^legacy_unavailable: .*unauthorized_client/],
    ['any', 400, { error: 'invalid_request' }, NO_VERDICT],
    ['any', 400, { error: 'constructor' }, NO_VERDICT],
    ['any', 500, { error: 'invalid_grant' }, NO_VERDICT],
    ['any', 302, { access_token: 'x' }, NO_VERDICT],
    ['any', 201, { access_token: 'x' }, NO_VERDICT],
    ['any', 400, 'invalid_grant', NO_VERDICT],
    ['any', 400, ['invalid_grant'], NO_VERDICT],
    ['any', 200, { access_token: '' }, /without an access_token/],
    ['any', 200, { access_token: true }, /without an access_token/],
    ['any', 200, { error: 'invalid_grant' }, /without an access_token/],
    ['any', 200, { error: 'invalid_grant', access_token: 'x' }, /or with an error$/],
    ['any', 200, '{"access_token":"x"', /without an access_token/],
    ['any', 200, { access_token: 'x'.repeat(70_000) }, /longer than 65536 bytes$/],
    ['any', 200, { access_token: 'x' }, 'match'],
  ])('of %s: %i %j', async (_, status, body, expected) => {
    const { url } = await startAnswering(status, body)
    expect(await ask(url, { style: 'oauth-password' })).toMatch(expected)
  })

  it('takes the demand of a second factor as a match where that is wanted', async () => {
    const { url } = await startAnswering(403, { error: 'mfa_required' })
    expect(await ask(url, { style: 'oauth-password', acceptsMfa: true })).toBe('match')
  })

  it('sends the scope and the audience, and a client without a secret in the form', async () => {
    const { url, asked } = await startAnswering(200, { access_token: 'x' })
    const client = { id: 'public', secret: undefined, auth: 'basic' } as const
    await ask(url, { style: 'oauth-password', client, scope: 'a b', audience: 'https://api' })
    expect(asked.at(-1)?.headers).not.toHaveProperty('authorization')
    expect(Object.fromEntries(new URLSearchParams(asked.at(-1)?.body))).toEqual({
      grant_type: 'password',
      username: 'good@example.com',
      password: PASSWORD,
      client_id: 'public',
      scope: 'a b',
      audience: 'https://api',
    })
  })
})

describe('Cognito', () => {
  const AMZ = 'application/x-amz-json-1.1'
  const WRONG = { __type: 'NotAuthorizedException', message: 'Incorrect username or password.' }
  const client = { id: '5example', secret: undefined, auth: 'basic' } as const
  const http: Http = { style: 'cognito', client }

  it.each<[number, unknown, string | RegExp]>([
    [200, { AuthenticationResult: { AccessToken: 'x' }, ChallengeParameters: {} }, 'match'],
    [200, { AuthenticationResult: {} }, /without an AccessToken$/],
    [200, {}, /without an AccessToken$/],
    [200, { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 'x' }, MFA],
    [200, { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 'x' }, 'expired'],
    [200, { ChallengeName: 'PASSWORD_VERIFIER' }, /does not know$/],
    [200, { ChallengeName: 'X', AuthenticationResult: { AccessToken: 'x' } }, /does not know$/],
    [400, WRONG, 'mismatch'],
    [400, { ...WRONG, __type: 'com.amazonaws#NotAuthorizedException' }, 'mismatch'],
    [400, { ...WRONG, message: 'User is disabled.' }, 'disabled'],
    [400, { ...WRONG, message: 'Password attempts exceeded' }, 'locked'],
    [
      400,
      { ...WRONG, message: 'Unable to verify secret hash for client 5example' },
      /^legacy_unavailable: .*LEGACY_LOGIN_CLIENT_SECRET/,
    ],
    [400, { __type: 'UserNotFoundException', message: 'User does not exist.' }, 'unknown_login'],
    [400, { __type: 'PasswordResetRequiredException', message: '' }, 'expired'],
    [400, { __type: 'UserNotConfirmedException', message: '' }, 'disabled'],
    [400, { __type: 'ResourceNotFoundException' }, /^legacy_unavailable: .*CLIENT_ID/],
    [400, { __type: 'TooManyRequestsException' }, NO_VERDICT],
    [400, { __type: 'constructor' }, NO_VERDICT],
    [400, { ...WRONG, message: 'toString' }, /^legacy_unavailable: /],
    [500, { __type: 'InternalErrorException' }, NO_VERDICT],
    [401, WRONG, NO_VERDICT],
  ])('answers %i %j', async (status, body, expected) => {
    const { url } = await startAnswering(status, body, WRONG, AMZ)
    expect(await ask(url, http)).toMatch(expected)
  })

  it('takes the demand of a second factor as a match where that is wanted', async () => {
    const { url } = await startAnswering(200, { ChallengeName: 'SMS_MFA' }, WRONG, AMZ)
    expect(await ask(url, { ...http, acceptsMfa: true })).toBe('match')
  })

  it('is asked by InitiateAuth, with the hash of the secret if there is one', async () => {
    const { url, asked } = await startAnswering(400, WRONG, WRONG, AMZ)
    await ask(url, { ...http, client: { ...client, secret: 'abc' } })
    const { headers, body } = asked.at(-1) ?? {}
    expect(headers).toMatchObject({
      'content-type': AMZ,
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    })
    expect(JSON.parse(body ?? '')).toEqual({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: '5example',
      AuthParameters: {
        USERNAME: 'good@example.com',
        PASSWORD,
        // printf 'good@example.com5example' | openssl dgst -sha256 -hmac abc -binary | base64
        SECRET_HASH: 'JSGfzVGouieN7A4pVnTvgqOQZimevh2Y7c1yrcEXZx0=',
      },
    })
  })
})
