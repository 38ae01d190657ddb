/** Every family agrees with the implementations that made the vectors, alone and six at once. */
import { describe, expect, it } from 'vitest'
import { FAMILIES } from '../../src/passwords/registry.ts'
import { agrees, HASH_VECTORS, settingsFor, type HashVector } from '../support/hash-vectors.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

/** The families that are supported. */
const SUPPORTED: readonly string[] = [
  'ldap-digest',
  'bcrypt-wrapped',
  'bcrypt-sha256-django',
  'bcrypt-sha256-passlib',
  'wordpress-bcrypt',
  'argon2',
  'argon2-wrapped',
  'phpass',
  'digest-template',
  'bcrypt-over-digest',
  'bcrypt-peppered',
  'kdf-template',
  'wordpress-slashes',
  'pbkdf2-atlassian',
  'pbkdf2-crackstation',
  'pbkdf2-django',
  'pbkdf2-keycloak',
  'pbkdf2-ldap',
  'pbkdf2-mediawiki',
  'pbkdf2-passlib',
  'pbkdf2-phc',
  'pbkdf2-spring',
  'pbkdf2-werkzeug',
  'aspnet-identity-v2',
  'aspnet-identity-v3',
  'scrypt-django',
  'scrypt-firebase',
  'scrypt-mcf7',
  'scrypt-phc',
  'scrypt-spring',
  'scrypt-werkzeug',
]

/** Spring's `secret`, which it appends to the salt: no setting has it, and its default is empty. */
const needsSecret = ({ config }: HashVector): boolean => config?.['secret'] !== undefined

const engine = startEngine()

const outcomeOf = (vector: HashVector) =>
  verifyEncoded(engine, [vector], settingsFor(vector))[0] ?? 'malformed'

describe.each(SUPPORTED)('%s', (family) => {
  const vectors = HASH_VECTORS.filter((vector) => vector.family === family && !needsSecret(vector))

  it('agrees with every vector', () => {
    const wrong = vectors
      .map((vector) => ({ ...vector, outcome: outcomeOf(vector) }))
      .filter((vector) => !agrees(vector, vector.outcome))
    expect(vectors.length).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })
})

it('at most one family claims each string, damaged ones included', () => {
  const claimed = HASH_VECTORS.map(({ encoded }) => ({
    encoded,
    by: FAMILIES.filter(({ claims }) => claims.test(encoded)).map(({ identifier }) => identifier),
  }))
  expect(claimed.filter(({ by }) => by.length > 1)).toEqual([])
})
