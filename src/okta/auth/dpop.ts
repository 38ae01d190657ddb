/** Makes DPoP proofs (RFC 9449, section 4.2), which show that the sender of a request has the token's key. */
import { SignJWT } from 'jose'
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'

export interface Proven {
  readonly method: string
  readonly url: URL
  /** The access token of the request, if it has one. */
  readonly token?: string
  readonly nonce?: string | undefined
}

/** Makes a proof for one attempt of one request. */
export type Prove = (proven: Proven) => Promise<string>

/**
 * Creates its own key pair, which is not the one that authenticates the client.
 * @param epochMs milliseconds since 1970
 */
export const createProver = (epochMs: () => number): Prove => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  return ({ method, url, token, nonce }) =>
    new SignJWT({
      htm: method,
      // Without query and fragment: RFC 9449, section 4.2.
      htu: url.origin + url.pathname,
      ...(nonce !== undefined && { nonce }),
      ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
    })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setJti(randomUUID())
      .setIssuedAt(Math.floor(epochMs() / 1000))
      .sign(privateKey)
}
