/** Owns the question whether a call comes from Okta: a secret header or a token, and the org it names. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors/errors.ts'
import { hasToken, type CheckBearer } from './oauth/bearer.ts'

/** Which of the configured secrets a call carried: so that a rotation can be seen to be over. */
export type SecretUsed = 'current' | 'previous'

export interface Secrets {
  readonly current: string
  readonly previous: string | undefined
}

/**
 * Compares a header's values with the secrets. Okta sends the value that was typed into the Admin
 * Console literally, scheme and all. A header that is sent twice is refused even if one value is
 * right: a proxy and this server might not agree on which one counts.
 * @returns a function of the header's values, one for each time it was sent
 */
export const createSecretCheck = (secrets: Secrets) => {
  if (secrets.current === '' || secrets.previous === '') throw new TypeError('a secret is empty')
  // Digests under a key of this process have one length, so neither length nor content shows in time.
  const key = randomBytes(32).toString('base64')
  const digest = (value: string): Buffer => hash('sha256', key + value, 'buffer')
  const current = digest(secrets.current)
  const previous = digest(secrets.previous ?? secrets.current)

  return (values: readonly string[] | undefined): SecretUsed | undefined => {
    const given = digest(values?.length === 1 ? (values[0] ?? '') : '')
    const isCurrent = timingSafeEqual(given, current)
    const isPrevious = timingSafeEqual(given, previous)
    if (isCurrent) return 'current'
    return isPrevious ? 'previous' : undefined
  }
}

/**
 * The values of a header, one for each time it was sent.
 * @param raw names and values in turns, as they were sent: Node.js's `headersDistinct` fails on a header
 *   that is called `__proto__`, and its `headers` joins or drops what was sent twice
 * @param name in lower case
 */
export const valuesOf = (raw: readonly string[], name: string): string[] =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name)

/** The ways in which a call may show that it is Okta's: one of them, or both while an org changes over. */
export interface Ways {
  /** The header that carries the secret, in lower case. */
  readonly authHeader: string
  readonly secrets: Secrets | undefined
  readonly checkBearer: CheckBearer | undefined
}

/**
 * @returns a function of a call's raw headers that resolves with the secret that the call carried, if it
 *   was one, and rejects with an AppError `unauthenticated` or `keys_unavailable`
 */
export const createAuthenticator = ({ authHeader, secrets, checkBearer }: Ways) => {
  if (!secrets && !checkBearer) throw new TypeError('no call could ever be authenticated')
  const matchSecret = secrets && createSecretCheck(secrets)

  return async (rawHeaders: readonly string[]): Promise<SecretUsed | undefined> => {
    const used = matchSecret?.(valuesOf(rawHeaders, authHeader))
    if (used) return used
    if (!checkBearer) throw new AppError('unauthenticated', { detail: 'missing or wrong secret' })
    await checkBearer(valuesOf(rawHeaders, 'authorization'))
    return undefined
  }
}

/**
 * @returns a function of a call: whether it may be Okta's, as far as its head says at once. A token is judged
 *   later only, so that any token may be
 */
export const createGlance = ({ authHeader, secrets, checkBearer }: Ways) => {
  const matchSecret = secrets && createSecretCheck(secrets)
  return ({ rawHeaders }: { readonly rawHeaders: readonly string[] }): boolean =>
    matchSecret?.(valuesOf(rawHeaders, authHeader)) !== undefined ||
    (checkBearer !== undefined && hasToken(valuesOf(rawHeaders, 'authorization')))
}

/** Whether a payload's `source` is a URL of the org; by origin, since a prefix also fits strangers. */
export const comesFrom = (orgUrl: string, source: string | undefined): boolean =>
  source !== undefined && URL.canParse(source) && new URL(source).origin === new URL(orgUrl).origin
