/** The settings of the hashes in the legacy store: what one may cost, and what the hashes themselves do not say. */
import { HASH_VARIABLES } from '../config/hash-variables.ts'
import type { Input } from '../config/load.ts'
import { namesOf } from '../config/variables.ts'
import { memoryLimitMib, planMemory } from './memory-limit.ts'
import type { Bounds } from '../passwords/bounds.ts'
import type { HashSecrets } from '../passwords/family.ts'
import { DEFAULT_HASHES, type HashSettings } from '../passwords/registry.ts'
import { compileTemplates, TemplateError } from '../passwords/templates/templates.ts'

/** The variables of `parseHashes`. */
export const HASH_NAMES = [
  ...namesOf(HASH_VARIABLES),
  'HASH_WORKERS' as const,
  'BCRYPT_MAX_COST' as const,
]

type HashInput = Pick<Input<(typeof HASH_NAMES)[number]>, 'values' | 'report'>

/** The variables of `parseTemplates`. */
export const FORMAT_NAMES = ['LEGACY_HASH_FORMAT', 'LEGACY_HASH_PEPPER'] as const

type FormatInput = Pick<Input<(typeof FORMAT_NAMES)[number]>, 'values' | 'report'>

/** A secret that is not used would be a password hash that never matches. */
const checkPepper = ({ values, report }: FormatInput): void => {
  const isUsed = values.LEGACY_HASH_FORMAT?.includes('$pepper')
  if (values.LEGACY_HASH_PEPPER !== undefined && !isUsed) {
    const problem = 'is set, but LEGACY_HASH_FORMAT does not use $pepper'
    report('LEGACY_HASH_PEPPER', problem, 'Remove it, or use $pepper in LEGACY_HASH_FORMAT.')
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
  const plain = values.LEGACY_HASH_PLAIN
  if (signerKey === undefined) return { plain }
  return { plain, firebase: { signerKey: decode(signerKey), saltSeparator: decode(saltSeparator) } }
}

export interface HashServing {
  /** What a hash may cost, and what the hashes do not say. */
  readonly hashes: HashSettings
  /** The memory that the checks in progress may take together, in MiB. */
  readonly hashMemoryMib: number
}

/** @param limitMib the container's limit */
export const parseHashes = (input: HashInput, limitMib = memoryLimitMib()): HashServing => {
  const { values: v, report } = input
  const memory = planMemory(v.HASH_MAX_MIB, v.HASH_WORKERS, limitMib)
  const { maxMib, hashMemoryMib, problem } = memory
  if (problem !== undefined) report('HASH_MAX_MIB', problem)
  const { bcryptCost } = DEFAULT_HASHES
  const bounds = { bcryptCost: v.BCRYPT_MAX_COST ?? bcryptCost, maxMs: v.HASH_MAX_MS, maxMib }
  const templates = parseTemplates(input, bounds)
  const encodings = v.LEGACY_PASSWORD_ENCODINGS
  return { hashes: { ...bounds, encodings, templates, ...secretsOf(input) }, hashMemoryMib }
}
