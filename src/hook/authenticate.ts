/** Checks that a call comes from Okta: by a secret header or a token, and by the org that it names. */
import { AppError } from '../errors/errors.ts'
import { createSecretCheck, type Secrets, type SecretUsed } from '../http/secret-check.ts'
import type { CheckBearer } from './oauth/bearer.ts'

/**
 * The values of a header, one for each time it was sent.
 * @param raw alternating names and values, as they were sent: Node.js's `headersDistinct` fails on a header
 *   called `__proto__`, and its `headers` joins or drops repeated headers
 * @param name in lower case
 */
export const headerValues = (raw: readonly string[], name: string): string[] =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name)

/** How Okta may authenticate: with a secret, a token, or either while an org changes from one to the other. */
export interface AuthenticatorOptions {
  /** The header that carries the secret, in lower case. */
  readonly authHeader: string
  readonly secrets: Secrets | undefined
  readonly checkBearer: CheckBearer | undefined
}

/**
 * @returns a function of a call's raw headers that resolves with the secret that the call carried, if it
 *   was one, and rejects with an AppError `unauthenticated` or `keys_unavailable`
 */
export const createAuthenticator = ({ authHeader, secrets, checkBearer }: AuthenticatorOptions) => {
  if (!secrets && !checkBearer) throw new TypeError('neither a secret nor OAuth is configured')
  const matchSecret = secrets && createSecretCheck(secrets)

  return async (rawHeaders: readonly string[]): Promise<SecretUsed | undefined> => {
    const used = matchSecret?.(headerValues(rawHeaders, authHeader))
    if (used) return used
    if (!checkBearer) throw new AppError('unauthenticated', { detail: 'missing or wrong secret' })
    await checkBearer(headerValues(rawHeaders, 'authorization'))
    return undefined
  }
}

/** Whether the header holds something in the form of a token, whatever its content. */
const hasToken = ([value, another]: readonly string[]): boolean =>
  another === undefined && /^Bearer +[\w-]+\.[\w-]+\.[\w-]+$/i.test(value ?? '')

/**
 * @returns a function that tells from a request's headers alone whether it can be Okta's call: it has the
 *   right secret, or any token, which is checked later
 */
export const createCredentialsPrecheck = ({
  authHeader,
  secrets,
  checkBearer,
}: AuthenticatorOptions) => {
  const matchSecret = secrets && createSecretCheck(secrets)
  return ({ rawHeaders }: { readonly rawHeaders: readonly string[] }): boolean =>
    matchSecret?.(headerValues(rawHeaders, authHeader)) !== undefined ||
    (checkBearer !== undefined && hasToken(headerValues(rawHeaders, 'authorization')))
}

/** Whether a payload's `source` is a URL of the org; by origin, since other hosts can have the org's URL as a prefix. */
export const isFromOrg = (orgUrl: string, source: string | undefined): boolean =>
  source !== undefined && URL.canParse(source) && new URL(source).origin === new URL(orgUrl).origin
