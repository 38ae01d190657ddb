/** Every family agrees with the implementations that made the vectors, alone and six at once. */
import { describe, expect, it } from 'vitest'
import { FAMILIES } from '../../src/passwords/registry.ts'
import {
  agrees,
  HASH_VECTORS,
  settingsFor,
  SUPPORTED,
  supportedVectors,
  type HashVector,
} from '../support/hash-vectors.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

const engine = startEngine()

const outcomeOf = (vector: HashVector) =>
  verifyEncoded(engine, [vector], settingsFor(vector))[0] ?? 'malformed'

describe.each(SUPPORTED)('%s', (family) => {
  const vectors = supportedVectors.filter((vector) => vector.family === family)

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

it('a hash of another family verifies no wrong password', () => {
  const others = HASH_VECTORS.filter(({ family }) => !SUPPORTED.includes(family))
  const wrong = others.filter((vector) => {
    const [outcome] = verifyEncoded(engine, [vector])
    return outcome === 'match' && vector.expect !== 'match'
  })
  expect(others.length).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})
