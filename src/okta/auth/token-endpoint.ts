/** Owns the org's token endpoint: how a service app proves who it is, and gets an access token. */
import { SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { createProver, type Prove } from './dpop.ts'
import type { SigningKey } from './signing-key.ts'
import { problemOf } from '../errors/error-body.ts'
import { describeProblem } from '../errors/rejection.ts'
import { backoff, pause } from '../client/retry.ts'
import {
  isAnswer,
  type OktaAnswer,
  type TransportResult,
  type Transport,
} from '../client/transport.ts'
import { failureIn, type Failure } from '../client/classify.ts'

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
  /** Makes the proof that must go with the token, if it is bound to a key. */
  readonly prove: Prove | undefined
}

/** Okta takes at most an hour; an assertion is used at once. */
const ASSERTION_LIFE_S = 300

/** First no proof, then one without a nonce, then one with it. */
const MAX_DEMANDS = 2

const MAX_TRIES = 4

/** What Okta says of the app, and not of the way to Okta. */
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
  const { success, data } = schema.safeParse(body)
  if (!success) throw new AppError('okta_answer_unusable', { detail: 'no token in the answer' })
  const isBound = data.token_type === 'dpop'
  const lifeMs = data.expires_in * 1000
  return { value: data.access_token, lifeMs, prove: isBound ? prove : undefined }
}

/** Worth saying, since assertions are refused where the clocks are too far apart. */
const describeSkew = ({ headers }: OktaAnswer, epochMs: number): string => {
  const seconds = Math.round((epochMs - Date.parse(headers.get('date') ?? '')) / 1000)
  return Math.abs(seconds) > 60 ? `; this machine's clock is ${seconds} s ahead of Okta's` : ''
}

const refusalIn = (answer: OktaAnswer, { scopes }: ServiceApp, epochMs: number): AppError => {
  const problem = problemOf(answer)
  const detail = describeProblem(problem) + describeSkew(answer, epochMs)
  if (problem.errorCode !== 'invalid_scope') return new AppError('okta_unauthorized', { detail })
  return new AppError('okta_forbidden', { detail: `${detail}; asked for ${scopes.join(' ')}` })
}

/**
 * @returns a function that gets a new token
 * @throws AppError, from that function, `okta_unauthorized`, `okta_forbidden` (a scope that is not
 * granted), or what an `OktaClient` throws where Okta cannot be asked
 */
export const createTokenSource = (deps: ServiceAppDeps): (() => Promise<AccessToken>) => {
  const { app, orgUrl, transport, clock, epochMs, random } = deps
  const url = new URL('/oauth2/v1/token', orgUrl)
  const prove = createProver(epochMs)
  let isProofWanted = false
  let nonce: string | undefined

  const ask = async (): Promise<TransportResult> => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: app.scopes.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(app, url, epochMs()),
    }).toString()
    const proof = isProofWanted ? { dpop: await prove({ method: 'POST', url, nonce }) } : {}
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...proof }
    return transport.send({ method: 'POST', url, headers, body })
  }

  /** Whether Okta asks for a proof, as it does where the app requires DPoP, or for one with its nonce. */
  const heedDemand = (outcome: TransportResult): boolean => {
    if (!isAnswer(outcome) || outcome.status !== 400) return false
    const { errorCode } = problemOf(outcome)
    const isNonceWanted = errorCode === 'use_dpop_nonce'
    if (!isNonceWanted && (isProofWanted || errorCode !== 'invalid_dpop_proof')) return false
    isProofWanted = true
    if (isNonceWanted) nonce = outcome.headers.get('dpop-nonce') ?? undefined
    return true
  }

  const askHeeding = async (): Promise<TransportResult> => {
    let outcome = await ask()
    for (let i = 0; i < MAX_DEMANDS && heedDemand(outcome); i++) outcome = await ask()
    return outcome
  }

  return async () => {
    for (let tries = 1; ; tries++) {
      const outcome = await askHeeding()
      // A token too many harms nobody, so this POST is repeated where a GET would be.
      const failure = failureIn({ method: 'GET' }, outcome)
      if (!failure) return readToken(outcome as OktaAnswer, prove)
      if (isAnswer(outcome) && REFUSALS.includes(failure.kind)) {
        throw refusalIn(outcome, app, epochMs())
      }
      if (!failure.mayRepeat || tries === MAX_TRIES) throw failure.error
      await pause(clock, backoff(tries, random))
    }
  }
}
