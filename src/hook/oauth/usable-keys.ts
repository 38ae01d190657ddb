/** Counts the keys of an issuer with which the signature of a token can be checked. */
import { errors, jwtVerify, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { ALGORITHM } from './bearer.ts'

type Key = JSONWebKeySet['keys'][number]

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Nobody has signed it: a key that can be used says so, and any other fails before. */
const unsigned = ({ kid = '' }: Key): string =>
  `${encode({ alg: ALGORITHM, kid })}.${encode({})}.${Buffer.alloc(256).toString('base64url')}`

const isUsable = async (key: Key, keys: LocalJWKSet): Promise<boolean> => {
  const err: unknown = await jwtVerify(unsigned(key), keys, { algorithms: [ALGORITHM] }).catch(
    (reason: unknown) => reason,
  )
  return err instanceof errors.JWSSignatureVerificationFailed
}

export const countUsableKeys = async (
  keys: LocalJWKSet,
): Promise<{ readonly usable: number; readonly all: number }> => {
  const published = keys.jwks().keys
  const results = await Promise.all(published.map((key) => isUsable(key, keys)))
  return { usable: results.filter(Boolean).length, all: published.length }
}
