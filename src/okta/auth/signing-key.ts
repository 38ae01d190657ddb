/** Reads a service app's private key, PEM or JWK. */
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'

export interface SigningKey {
  readonly key: KeyObject
  /** A JWS algorithm that Okta accepts for client assertions. */
  readonly alg: 'RS256' | 'ES256' | 'ES384' | 'ES512'
  /** The key id in a JWK. */
  readonly kid: string | undefined
}

const ALG_OF_CURVE: Readonly<Record<string, SigningKey['alg']>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

const algOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) =>
  asymmetricKeyType === 'rsa' ? 'RS256' : ALG_OF_CURVE[asymmetricKeyDetails?.namedCurve ?? '']

const importKey = (text: string): { key: KeyObject; kid?: unknown } => {
  if (text.trimStart().startsWith('{')) {
    const jwk = JSON.parse(text) as JsonWebKey
    return { key: createPrivateKey({ key: jwk, format: 'jwk' }), kid: jwk['kid'] }
  }
  // In environment files a PEM is on one line, with \n for line ends.
  return { key: createPrivateKey(text.replaceAll('\\n', '\n')) }
}

/** @returns undefined where the text is not an RSA or EC private key that Okta supports */
export const readSigningKey = (text: string): SigningKey | undefined => {
  try {
    const { key, kid } = importKey(text)
    const alg = algOf(key)
    return alg && { key, alg, kid: typeof kid === 'string' ? kid : undefined }
  } catch {
    // The parser's message may quote the key.
    return undefined
  }
}
