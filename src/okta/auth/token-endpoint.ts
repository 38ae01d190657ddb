/** Gets a service app's access token from the org's token endpoint (private_key_jwt, DPoP). */
import { SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { sleep, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { createProver, type Prove } from './dpop.ts'
import type { SigningKey } from './signing-key.ts'
import { readAs } from '../errors/unusable-answer.ts'
import { problemOf } from '../errors/error-body.ts'
import { describeProblem } from '../errors/rejection.ts'
import { backoff } from '../client/retry.ts'
import { isAnswer, type OktaAnswer, type OktaResult, type Transport } from '../client/transport.ts'
import { classify, type Failure } from '../client/classify.ts'

export interface ServiceApp {
  readonly clientId: string
  readonly signingKey: SigningKey
  readonly keyId: string | undefined
  readonly scopes: readonly string[]
}

export interface ServiceAppDeps {
  readonly app: ServiceApp
  readonly orgUrl: string
  readonly transport: Transport
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly epochMs: () => number
  readonly random: () => number
}

export interface AccessToken {
  readonly value: string
  readonly lifeMs: number
  /** Makes the proof for each request with the token, if it is bound to a key. */
  readonly prove: Prove | undefined
}

/** Okta accepts an hour at most; an assertion is used at once. */
const ASSERTION_LIFE_S = 300

/** The first request has no proof, the second one without a nonce, the third one with a nonce. */
const MAX_CHALLENGES = 2

const MAX_ATTEMPTS = 4

/** Failures that are about the app, and not about the connection to Okta. */
const REFUSALS: readonly Failure['kind'][] = ['unauthorized', 'forbidden', 'rejected']

const schema = z.object({
  access_token: z.string().min(1),
  token_type: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['bearer', 'dpop'])),
  expires_in: z.number().positive(),
})

const signAssertion = (app: ServiceApp, tokenUrl: URL, epochMs: number): Promise<string> => {
  const { clientId, signingKey, keyId = signingKey.kid } = app
  return new SignJWT()
    .setProtectedHeader({ alg: signingKey.alg, ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenUrl.href)
    .setJti(randomUUID())
    .setExpirationTime(Math.floor(epochMs / 1000) + ASSERTION_LIFE_S)
    .sign(signingKey.key)
}

const readToken = ({ body }: OktaAnswer, prove: Prove): AccessToken => {
  const token = readAs(schema, body, 'a token')
  const isBound = token.token_type === 'dpop'
  const lifeMs = token.expires_in * 1000
  return { value: token.access_token, lifeMs, prove: isBound ? prove : undefined }
}

/** Okta refuses assertions if the clocks differ too much. */
const describeSkew = ({ headers }: OktaAnswer, epochMs: number): string => {
  const seconds = Math.round((epochMs - Date.parse(headers.get('date') ?? '')) / 1000)
  return Math.abs(seconds) > 60 ? `; this machine's clock is ${seconds} s ahead of Okta's` : ''
}

const refusalIn = (answer: OktaAnswer, { scopes }: ServiceApp, epochMs: number): AppError => {
  const problem = problemOf(answer)
  const detail = describeProblem(problem) + describeSkew(answer, epochMs)
  if (problem.errorCode !== 'invalid_scope') return new AppError('okta_unauthorized', { detail })
  return new AppError('okta_forbidden', { detail: `${detail}; requested: ${scopes.join(' ')}` })
}

/**
 * @returns a function that gets a new token
 * @throws AppError, from that function, `okta_unauthorized`, `okta_forbidden` (a scope that is not
 * granted), or what an `OktaClient` throws where Okta cannot be reached
 */
export const createTokenSource = (deps: ServiceAppDeps): (() => Promise<AccessToken>) => {
  const { app, orgUrl, transport, clock, epochMs, random } = deps
  const url = new URL('/oauth2/v1/token', orgUrl)
  const prove = createProver(epochMs)
  let needsProof = false
  let nonce: string | undefined

  const requestToken = async (): Promise<OktaResult> => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: app.scopes.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(app, url, epochMs()),
    }).toString()
    const proof = needsProof ? { dpop: await prove({ method: 'POST', url, nonce }) } : {}
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...proof }
    return transport.send({ method: 'POST', url, headers, body })
  }

  /** Whether Okta requires a proof, as it does if the app requires DPoP, or a proof with its nonce. */
  const applyChallenge = (result: OktaResult): boolean => {
    if (!isAnswer(result) || result.status !== 400) return false
    const { errorCode } = problemOf(result)
    const needsNonce = errorCode === 'use_dpop_nonce'
    if (!needsNonce && (needsProof || errorCode !== 'invalid_dpop_proof')) return false
    needsProof = true
    if (needsNonce) nonce = result.headers.get('dpop-nonce') ?? undefined
    return true
  }

  const requestWithChallenges = async (): Promise<OktaResult> => {
    let result = await requestToken()
    for (let i = 0; i < MAX_CHALLENGES && applyChallenge(result); i++) result = await requestToken()
    return result
  }

  return async () => {
    for (let attempt = 1; ; attempt++) {
      const result = await requestWithChallenges()
      // Requesting one token too many is harmless, so retry this POST as if it were idempotent.
      const failure = classify({ method: 'GET' }, result)
      if (!failure) return readToken(result as OktaAnswer, prove)
      if (isAnswer(result) && REFUSALS.includes(failure.kind)) {
        throw refusalIn(result, app, epochMs())
      }
      if (!failure.mayRepeat || attempt === MAX_ATTEMPTS) throw failure.error
      await sleep(clock, backoff(attempt, random))
    }
  }
}
