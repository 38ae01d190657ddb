/** The family of ASP.NET Identity's hashes: base64 of a marker, the parameters, a salt and a key of PBKDF2. */
import type { Digest } from '../expression.ts'
import type { Family, Inspection, Pbkdf2Plan } from '../family.ts'
import { readBase64 } from '../notation.ts'
import { pbkdf2Plan } from './pbkdf2.ts'

const MALFORMED = { flaw: 'malformed' } as const

/** KeyDerivationPrf, by its number. */
const DIGESTS: readonly Digest[] = ['sha1', 'sha256', 'sha512']

const V2 = { salt: 1, key: 17, end: 49, iterations: 1000 }
const V3 = { digest: 1, iterations: 5, saltBytes: 9, salt: 13, minSaltBytes: 16 }

const readV2 = (bytes: Uint8Array): Inspection<Pbkdf2Plan> =>
  bytes.length === V2.end
    ? pbkdf2Plan('sha1', V2.iterations, bytes.slice(V2.salt, V2.key), bytes.slice(V2.key))
    : MALFORMED

/** The key is what follows the salt, of 16 bytes or more: so Identity itself wants it. */
const readV3 = (bytes: Uint8Array): Inspection<Pbkdf2Plan> => {
  if (bytes.length < V3.salt) return MALFORMED
  const header = new DataView(bytes.buffer)
  const digest = DIGESTS[header.getUint32(V3.digest)]
  const saltBytes = header.getUint32(V3.saltBytes)
  if (!digest || saltBytes < V3.minSaltBytes) return MALFORMED
  const key = V3.salt + saltBytes
  const iterations = header.getUint32(V3.iterations)
  return pbkdf2Plan(digest, iterations, bytes.slice(V3.salt, key), bytes.slice(key))
}

export const aspnetIdentity: Family<Pbkdf2Plan> = {
  identifier: 'aspnet-identity',
  /** The marker 0 and 49 bytes, or the marker 1 and a digest below 16. Little else in base64 begins or ends so. */
  claims: /^(?:A[A-P][A-Za-z\d+/]{64}(?:=|$)|AQAAAA)/,

  parse(encoded) {
    const bytes = readBase64(encoded, 'base64')
    if (!bytes) return MALFORMED
    return bytes[0] === 0 ? readV2(bytes) : readV3(bytes)
  },
}
