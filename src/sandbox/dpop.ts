/** Owns proofs of possession (RFC 9449): what a proof must say, and the nonces of the token endpoint. */
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createReplayGuard } from './replays.ts'
import type { SimulatedClock } from './simulated-clock.ts'

export const SIGNATURES = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']

/** How far a proof's time may be from Okta's. */
const MAX_AGE_S = 300
const DAY_MS = 86_400_000
/** A nonce is renewed daily, and good for three days after ("Configure OAuth 2.0 DPoP"). */
const NONCE_DAYS = 3

export interface Proof {
  /** The key's thumbprint (RFC 7638), to which tokens are bound. */
  readonly thumbprint: string
  readonly nonce: unknown
}

export interface ProofTarget {
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  /** The token that the proof accompanies, where it accompanies one. */
  readonly token?: string
}

export interface DpopChecker {
  /** The nonce that the token endpoint hands out now. */
  nonce(): string
  isNonce(nonce: unknown): boolean
  /** @returns undefined for a proof that proves nothing, or that was seen before */
  check(proof: string, target: ProofTarget): Promise<Proof | undefined>
}

export const hashOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

export const createDpopChecker = (wallClock: SimulatedClock): DpopChecker => {
  const key = randomBytes(32)
  const isNew = createReplayGuard()
  const nonceOf = (day: number): string =>
    createHmac('sha256', key).update(String(day)).digest('base64url')
  const today = (): number => Math.floor(wallClock.epoch() / DAY_MS)

  return {
    nonce: () => nonceOf(today()),
    isNonce: (nonce) =>
      Array.from({ length: NONCE_DAYS + 1 }, (_, ago) => nonceOf(today() - ago)).some(
        (good) => good === nonce,
      ),
    async check(proof, { method, url, token }) {
      const now = wallClock.epoch()
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: SIGNATURES,
        currentDate: new Date(now),
        clockTolerance: MAX_AGE_S,
        maxTokenAge: MAX_AGE_S,
        requiredClaims: ['htm', 'htu', 'jti'],
      })
      const { htm, htu, jti = '', ath, nonce } = payload
      const fits = htm === method && htu === url
      const accompanies = token === undefined || ath === hashOf(token)
      if (!fits || !accompanies || !protectedHeader.jwk) return undefined
      if (!isNew(jti, now, now + 3 * MAX_AGE_S * 1000)) return undefined
      return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk), nonce }
    },
  }
}
