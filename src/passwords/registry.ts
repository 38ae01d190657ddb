/** The table of hash families, and the reading of an encoded hash within bounds. */
import { isOutOfBounds, type Bounds } from './bounds.ts'
import { aspnetIdentity } from './families/aspnet.ts'
import { bcrypt } from './families/bcrypt.ts'
import { bcryptForms } from './families/bcrypt-forms.ts'
import { argon2 } from './families/argon2.ts'
import { crypt } from './families/crypt.ts'
import { phpass } from './families/phpass.ts'
import { keycloak } from './families/keycloak.ts'
import { ldapDigest } from './families/ldap-digest.ts'
import { firebase } from './families/firebase.ts'
import { pbkdf2 } from './families/pbkdf2.ts'
import { scrypt } from './families/scrypt.ts'
import { magento } from './families/digests/magento.ts'
import { plainText } from './families/digests/plain.ts'
import { selfDescribedDigests } from './families/digests/self-described.ts'
import { shiro, springStandard } from './families/digests/iterated.ts'
import { costOf, type Family, type HashSecrets, type Inspection, type Plan } from './family.ts'
import type { Form } from './password-forms.ts'

/** What the server knows of the hashes of its store, and allows. */
export interface HashSettings extends Bounds, HashSecrets {
  /** For hashes that say too little: each is asked before the table, and takes what has its shape. */
  readonly templates: readonly Family[]
  /** Further forms of a password to try. */
  readonly encodings: readonly Form[]
}

/** The settings of a server for which nothing else is set. */
export const DEFAULT_HASHES: HashSettings = {
  bcryptCost: 14,
  maxMs: 1300,
  maxMib: 128,
  templates: [],
  encodings: [],
}

export const FAMILIES: readonly Family[] = [
  bcrypt,
  ...bcryptForms,
  argon2,
  pbkdf2,
  aspnetIdentity,
  scrypt,
  firebase,
  phpass,
  crypt,
  ldapDigest,
  keycloak,
  ...selfDescribedDigests,
  shiro,
  springStandard,
  magento,
  plainText,
]

const UNRECOGNISED: Inspection = { flaw: 'unrecognised' }

/** NUL is what a fixed-width binary column pads with. */
const PADDING = /^[\s\0]+|[\s\0]+$/g

/** Cores for which UTF-16 was ever hashed: .NET's digests and key derivations. */
const UTF_16_CORES: readonly Plan['core'][] = ['digest', 'pbkdf2']

/** Adds the tries of the other encodings, and their work. */
const withEncodings = (plan: Plan, encodings: readonly Form[]): Plan => {
  const suitable = encodings.filter(
    (form) => form !== 'utf-16le' || UTF_16_CORES.includes(plan.core),
  )
  const forms = [...new Set<Form>([...(plan.forms ?? ['utf-8']), ...suitable])]
  const more = costOf(forms.length / (plan.forms?.length ?? 1))
  return more === 0 ? plan : { ...plan, forms, kind: { ...plan.kind, cost: plan.kind.cost + more } }
}

/** As `inspect`, by some families only, and for a string of any length. */
export const inspectAs = (
  families: readonly Family[],
  encoded: string,
  settings: HashSettings,
): Inspection => {
  const bare = encoded.replace(PADDING, '')
  const family = families.find(({ claims }) => claims.test(bare))
  if (!family) return UNRECOGNISED
  const text = family.keepsBlanks && family.claims.test(encoded) ? encoded : bare
  const found = family.parse(text, settings)
  if ('flaw' in found) return found
  const plan = withEncodings(found, settings.encodings)
  if (isOutOfBounds(plan, settings)) return { flaw: 'out_of_bounds' }
  return text === encoded ? plan : { flaw: 'padded' }
}

/** No sound hash is longer. Longer strings are not searched by regular expressions. */
const MAX_ENCODED_LENGTH = 1024

/** Reads an encoded hash, without computing anything. Never throws. */
export const inspect = (encoded: string, settings: HashSettings): Inspection =>
  encoded.length > MAX_ENCODED_LENGTH
    ? UNRECOGNISED
    : inspectAs([...settings.templates, ...FAMILIES], encoded, settings)
