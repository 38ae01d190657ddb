/** The settings of the hashes in the legacy store: what one may cost, and what the hashes themselves do not say. */
import { HASH_VARIABLES } from '../config/hash-variables.ts'
import type { Input } from '../config/load.ts'
import { namesOf } from '../config/variables.ts'
import type { Bounds } from '../passwords/bounds.ts'
import type { HashSecrets } from '../passwords/family.ts'
import { DEFAULT_HASHES, type HashSettings } from '../passwords/registry.ts'
import { compileTemplates, TemplateError } from '../passwords/templates/templates.ts'

export const HASH_NAMES = namesOf(HASH_VARIABLES)

type HashInput = Pick<Input<keyof typeof HASH_VARIABLES>, 'values' | 'report'>

/** The variables of `parseTemplates`. */
export const FORMAT_NAMES = ['LEGACY_HASH_FORMAT', 'LEGACY_HASH_PEPPER'] as const

type FormatInput = Pick<Input<(typeof FORMAT_NAMES)[number]>, 'values' | 'report'>

/** A secret that is not used would be a password hash that never matches. */
const checkPepper = ({ values, report }: FormatInput): void => {
  const isUsed = values.LEGACY_HASH_FORMAT?.includes('$pepper')
  if (values.LEGACY_HASH_PEPPER !== undefined && !isUsed) {
    report('LEGACY_HASH_PEPPER', 'is set, but LEGACY_HASH_FORMAT does not use $pepper')
  }
}

/** @param bounds what a check of such a hash may cost */
export const parseTemplates = (
  input: FormatInput,
  bounds: Bounds = DEFAULT_HASHES,
): HashSettings['templates'] => {
  checkPepper(input)
  const { LEGACY_HASH_FORMAT: format = '', LEGACY_HASH_PEPPER: pepper } = input.values
  try {
    return compileTemplates(format, { bounds, pepper })
  } catch (err) {
    if (!(err instanceof TemplateError)) throw err
    input.report('LEGACY_HASH_FORMAT', `cannot be used: ${err.message}`)
    return []
  }
}

/** Either alphabet of base64. */
const decode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))

const secretsOf = ({ values }: HashInput): HashSecrets => {
  const { FIREBASE_SIGNER_KEY: signerKey, FIREBASE_SALT_SEPARATOR: saltSeparator } = values
  if (signerKey === undefined) return {}
  return { firebase: { signerKey: decode(signerKey), saltSeparator: decode(saltSeparator) } }
}

/** All but the bounds that depend on the machine. */
export const parseHashes = (input: HashInput): Omit<HashSettings, 'bcryptCost' | 'maxMib'> => {
  const { HASH_MAX_MS: maxMs, LEGACY_PASSWORD_ENCODINGS: encodings } = input.values
  const { HASH_MAX_MIB: maxMib = DEFAULT_HASHES.maxMib } = input.values
  const templates = parseTemplates(input, { ...DEFAULT_HASHES, maxMs, maxMib })
  return { maxMs, encodings, templates, ...secretsOf(input) }
}
