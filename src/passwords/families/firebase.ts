/** The family of Firebase's scrypt: the derived key encrypts a key of the project, and the result is the hash. */
import type { Family, HashSecrets, Inspection, ScryptPlan } from '../family.ts'
import { inBase64, readBase64, readKey } from '../notation.ts'
import { readParameters, scryptPlan } from './scrypt.ts'

type Keys = NonNullable<HashSecrets['firebase']>

/** The project's keys are configured, or in the string as Supabase or Ory Kratos write it. */
const GRAMMARS = [
  /^\$fbscrypt\$v=1,n=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)(?:,ss=(?<separator>[^,$]*),sk=(?<signer>[^,$]*))?\$(?<salt>[^$]*)\$(?<key>[^$]*)$/,
  /^\$firescrypt\$ln=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)\$(?<salt>[^$]*)\$(?<key>[^$]*)\$(?<separator>[^$]*)\$(?<signer>[^$]*)$/,
]

type Groups = Readonly<Record<string, string | undefined>>

/** The hash is as long as the signer key: with an empty one every password would match. Firebase's have 64 bytes. */
const MIN_SIGNER_BYTES = 32

const MALFORMED = { flaw: 'malformed' } as const

const keysIn = ({ separator = '', signer = '' }: Groups): Keys | undefined => {
  const signerKey = readBase64(signer, 'base64')
  const saltSeparator = readBase64(separator, 'base64')
  return signerKey && saltSeparator && { signerKey, saltSeparator }
}

const read = (groups: Groups, keys: Keys): Inspection<ScryptPlan> => {
  const { signerKey: seal, saltSeparator } = keys
  const salt = readBase64(groups['salt'] ?? '', 'base64')
  if (!salt || seal.length < MIN_SIGNER_BYTES) return MALFORMED
  const want = readKey(groups['key'] ?? '', inBase64('base64'), [seal.length])
  if ('flaw' in want) return want
  const salted = Uint8Array.of(...salt, ...saltSeparator)
  return scryptPlan(readParameters(groups), { salt: salted, want, seal })
}

export const firebase: Family<ScryptPlan> = {
  identifier: 'firebase-scrypt',
  claims: /^\$(?:fbscrypt|firescrypt)\$/,

  /**
   * Firebase's command line exports standard base64, and its Admin SDK the form for URLs. Without the project's
   * keys nothing is wrong with a hash: this server only does not know how to check it.
   */
  parse(written, secrets) {
    const encoded = written.replaceAll('-', '+').replaceAll('_', '/')
    const groups = GRAMMARS.map((grammar) => grammar.exec(encoded)?.groups).find(Boolean)
    if (!groups) return MALFORMED
    const keys = groups['signer'] === undefined ? secrets?.firebase : keysIn(groups)
    if (keys) return read(groups, keys)
    return groups['signer'] === undefined ? { flaw: 'unrecognised' } : MALFORMED
  },
}
