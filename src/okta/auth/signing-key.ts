/** Owns the reading of a service app's private key, PEM or JWK. */
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'

export interface SigningKey {
  readonly key: KeyObject
  /** A JWS algorithm that Okta takes for client assertions. */
  readonly alg: 'RS256' | 'ES256' | 'ES384' | 'ES512'
  /** The id that a JWK carries. */
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
  // Files of variables hold a PEM on one line, with \n for the line ends.
  return { key: createPrivateKey(text.replaceAll('\\n', '\n')) }
}

/** @returns undefined where the text is not an RSA or EC private key that can sign for Okta */
export const readSigningKey = (text: string): SigningKey | undefined => {
  try {
    const { key, kid } = importKey(text)
    const alg = algOf(key)
    return alg && { key, alg, kid: typeof kid === 'string' ? kid : undefined }
  } catch {
    // The messages of parsers may quote the key.
    return undefined
  }
}
