/** The settings of the hashes in the legacy store: what one may cost, and what the hashes themselves do not say. */
import { HASH_VARIABLES } from '../config/hash-variables.ts'
import { namesOf, type Values } from '../config/variables.ts'
import type { HashSettings } from '../passwords/registry.ts'

export const HASH_NAMES = namesOf(HASH_VARIABLES)

type HashValues = Values<keyof typeof HASH_VARIABLES>

/** Either alphabet of base64. */
const decode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))

const firebaseIn = (values: HashValues): Pick<HashSettings, 'firebase'> => {
  const { FIREBASE_SIGNER_KEY: signerKey, FIREBASE_SALT_SEPARATOR: saltSeparator } = values
  if (signerKey === undefined) return {}
  return { firebase: { signerKey: decode(signerKey), saltSeparator: decode(saltSeparator) } }
}

/** All but the bounds that depend on the machine. */
export const parseHashes = (values: HashValues): Omit<HashSettings, 'bcryptCost' | 'maxMib'> => ({
  maxMs: values.HASH_MAX_MS,
  encodings: values.LEGACY_PASSWORD_ENCODINGS,
  templates: [],
  ...firebaseIn(values),
})
