/** The style `cognito`: InitiateAuth of Amazon Cognito, with the flow USER_PASSWORD_AUTH. */
import { createHmac } from 'node:crypto'
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

const MEDIA_TYPE = 'application/x-amz-json-1.1'

/** Three tokens, with many claims each. */
const MAX_BYTES = 64 * 1024

/** The errors of InitiateAuth that are about the person who signs in. */
const REFUSALS: Readonly<Record<string, LoginResult>> = {
  UserNotFoundException: 'unknown_login',
  UserNotConfirmedException: 'disabled',
  PasswordResetRequiredException: 'expired',
}

/** This error stands for a wrong password and for a wrong client alike: only the whole message tells which. */
const NOT_AUTHORIZED: Readonly<Record<string, LoginResult>> = {
  'Incorrect username or password.': 'mismatch',
  'User is disabled.': 'disabled',
  // For up to 15 minutes, whatever the password is ("Lockout behavior for failed sign-in attempts").
  'Password attempts exceeded': 'locked',
}

const UNUSABLE: Readonly<Record<string, string>> = {
  ResourceNotFoundException:
    'Cognito does not know LEGACY_LOGIN_CLIENT_ID in this region (ResourceNotFoundException)',
  NotAuthorizedException:
    'Cognito does not accept LEGACY_LOGIN_CLIENT_SECRET, or refuses this client (NotAuthorizedException)',
  InvalidParameterException:
    'Cognito refuses the question: allow ALLOW_USER_PASSWORD_AUTH for the app client (InvalidParameterException)',
}

/** Challenges that come once the password was right. */
const SECOND_FACTORS: readonly unknown[] = [
  'SMS_MFA',
  'EMAIL_OTP',
  'SOFTWARE_TOKEN_MFA',
  'SELECT_MFA_TYPE',
  'MFA_SETUP',
]

/** "Computing secret hash values" in the Cognito Developer Guide. */
const secretHash = (username: string, { id, secret }: LoginClient): object =>
  secret === undefined
    ? {}
    : {
        SECRET_HASH: createHmac('sha256', secret)
          .update(username + id)
          .digest('base64'),
      }

const judgeSuccess = (
  answer: Readonly<Record<string, unknown>>,
  acceptsMfa: boolean,
): LoginResult => {
  const { AuthenticationResult: issued, ChallengeName: challenge } = answer
  if (challenge === undefined) {
    const { AccessToken: token } = Object(issued) as { AccessToken?: unknown }
    if (isFilledText(token)) return 'match'
    throw noVerdict('the legacy login answered 200 without an AccessToken')
  }
  if (SECOND_FACTORS.includes(challenge)) {
    if (acceptsMfa) return 'match'
    throw noVerdict(MFA_DEMANDED)
  }
  // An administrator made the account, and its owner has never signed in.
  if (challenge === 'NEW_PASSWORD_REQUIRED') return 'expired'
  throw noVerdict('the legacy login asks for a challenge that this program does not know')
}

export const COGNITO_STYLE: LoginStyle = {
  mediaType: MEDIA_TYPE,
  maxBytes: MAX_BYTES,
  request: ({ login, password }, { client }) => {
    const hashed = client ? secretHash(login, client) : {}
    return {
      headers: {
        'content-type': MEDIA_TYPE,
        'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
      },
      body: JSON.stringify({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: client?.id,
        AuthParameters: { USERNAME: login, PASSWORD: password, ...hashed },
      }),
    }
  },
  judge: ({ status, text }, { acceptsMfa }) => {
    const answer = parseObject(text)
    if (status === 200) return judgeSuccess(answer, acceptsMfa)
    const { __type: type, message } = answer
    if (status !== 400 || typeof type !== 'string') throw unexpectedStatus(status)
    // Some services of AWS write a namespace and # before it.
    const name = type.slice(type.indexOf('#') + 1)
    const isCommon = name === 'NotAuthorizedException'
    const result = isCommon ? rowOf(NOT_AUTHORIZED, message) : rowOf(REFUSALS, name)
    if (result) return result
    const problem = rowOf(UNUSABLE, name)
    throw problem === undefined ? unexpectedStatus(status) : unusableLogin(problem)
  },
}
