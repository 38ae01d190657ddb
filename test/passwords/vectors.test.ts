/** Every family agrees with the implementations that made the vectors, alone and six at once. */
import { describe, expect, it } from 'vitest'
import { agrees, HASH_VECTORS, settingsFor, type HashVector } from '../support/hash-vectors.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

/** The families that are supported. */
const SUPPORTED: readonly string[] = ['bcrypt-wrapped']

const engine = startEngine()

const outcomeOf = (vector: HashVector) =>
  verifyEncoded(engine, [vector], settingsFor(vector))[0] ?? 'malformed'

describe.each(SUPPORTED)('%s', (family) => {
  const vectors = HASH_VECTORS.filter((vector) => vector.family === family)

  it('agrees with every vector', () => {
    const wrong = vectors
      .map((vector) => ({ ...vector, outcome: outcomeOf(vector) }))
      .filter((vector) => !agrees(vector, vector.outcome))
    expect(vectors.length).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })
})
