/** Checks that a bearer token is one that Okta got for this hook. */
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'

/** The claims that a token must have. */
export interface TokenRequirements {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly scope: string
}

export interface BearerDeps {
  readonly keyFor: JWTVerifyGetKey
  readonly clock: Clock
}

/**
 * Checks the values of an Authorization header, one for each time it was sent.
 * @throws AppError `unauthenticated`, with the cause for the log, or `keys_unavailable`
 */
export type CheckBearer = (values: readonly string[] | undefined) => Promise<void>

/** A token of Okta's is about 1 KiB; custom claims make it longer, but not this long. */
export const MAX_TOKEN_LENGTH = 8 * 1024

/** What Okta signs with, whatever a token's header says. */
export const ALGORITHM = 'RS256'

/** Seconds by which two synchronised clocks may differ. */
const CLOCK_TOLERANCE_S = 10

/** No access token of Okta's lives longer ("Lifetime of the Okta Minted JSON Web Tokens"). */
const MAX_TOKEN_AGE_S = 24 * 3_600

const refused = (reason: string): AppError =>
  new AppError('unauthenticated', { detail: `bearer token: ${reason}` })

/** RFC 6750, section 2.1. As with the secret, a header that is sent twice is refused. */
const tokenIn = (values: readonly string[] | undefined): string => {
  const [value, another] = values ?? []
  const token = another === undefined ? /^Bearer +(\S+)$/i.exec(value ?? '')?.[1] : undefined
  if (token === undefined) throw refused('none, or more than one')
  if (token.length > MAX_TOKEN_LENGTH) throw refused(`longer than ${MAX_TOKEN_LENGTH} characters`)
  return token
}

/** Okta writes an array `scp`; RFC 9068, section 2.2.3, a string `scope`. */
const scopesOf = ({ scp, scope }: JWTPayload): readonly unknown[] => {
  if (Array.isArray(scp)) return scp
  return typeof scope === 'string' ? scope.split(' ') : []
}

/** The token's fault, or the key's. Messages and payloads are dropped: both may quote the token. */
const failureOf = (err: unknown): AppError => {
  if (err instanceof AppError) return err
  if (!(err instanceof errors.JOSEError)) {
    return new AppError('keys_unavailable', { detail: 'the key cannot be used', cause: err })
  }
  const claim = 'claim' in err ? ` (${String(err.claim)})` : ''
  return refused(err.code + claim)
}

/**
 * Checks tokens as Okta's "Validate access tokens" requires, and more: any client of the authorization
 * server can get a token that passes all of that, so the client id and a scope must match too.
 */
export const createBearerCheck = (
  { keyFor, clock }: BearerDeps,
  { issuer, audience, clientId, scope }: TokenRequirements,
): CheckBearer => {
  return async (values) => {
    const { payload } = await jwtVerify(tokenIn(values), keyFor, {
      algorithms: [ALGORITHM],
      issuer,
      audience,
      requiredClaims: ['exp'],
      maxTokenAge: MAX_TOKEN_AGE_S,
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(clock.epochMs()),
    }).catch((err: unknown) => {
      throw failureOf(err)
    })
    if (payload['cid'] !== clientId) throw refused('of another client (cid)')
    if (!scopesOf(payload).includes(scope)) throw refused('without the scope (scp)')
  }
}
