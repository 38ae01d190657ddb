/** Checks proofs of possession (DPoP, RFC 9449), and issues the nonces of the token endpoint. */
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { DAY_MS } from '../clock.ts'

export const SIGNATURES = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']

/** How much a proof's time may differ from Okta's. */
const MAX_AGE_S = 300
/** Nonces change daily and stay valid for three more days ("Configure OAuth 2.0 DPoP"). */
const NONCE_DAYS = 3

interface ProofTarget {
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  /** The access token that the proof is sent with, if any. */
  readonly token?: string
}

export const hashOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

const MAX_REMEMBERED = 100_000

/** @returns a function that says whether an id was not used before, and remembers it `until` then */
const createReplayGuard = () => {
  const seen = new Map<string, number>()
  return (id: string, now: number, until: number): boolean => {
    for (const [old, end] of seen) {
      if (end > now && seen.size < MAX_REMEMBERED) break
      seen.delete(old)
    }
    if (seen.has(id)) return false
    seen.set(id, until)
    return true
  }
}

/** @param epoch milliseconds since 1970 */
export const createDpopChecker = (epoch: () => number) => {
  const key = randomBytes(32)
  const isNew = createReplayGuard()
  const nonceOf = (day: number): string =>
    createHmac('sha256', key).update(String(day)).digest('base64url')
  const today = (): number => Math.floor(epoch() / DAY_MS)

  return {
    /** The nonce that the token endpoint issues now. */
    nonce: () => nonceOf(today()),
    isNonce: (nonce: unknown) =>
      Array.from({ length: NONCE_DAYS + 1 }, (_, ago) => nonceOf(today() - ago)).some(
        (good) => good === nonce,
      ),
    /**
     * @returns the nonce, and the key's thumbprint (RFC 7638), to which tokens are bound; undefined for a proof
     * that does not fit, or that was used before
     */
    async check(proof: string, { method, url, token }: ProofTarget) {
      const now = epoch()
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

export type DpopChecker = ReturnType<typeof createDpopChecker>
