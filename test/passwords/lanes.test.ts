/** bcrypt in lanes, byte by byte: libxcrypt's answers, whatever the other lanes compute. */
import { describe, expect, it } from 'vitest'
import { createLanes } from '../../src/passwords/bcrypt/lanes.ts'
import { bcryptPlanOf } from '../support/passwords.ts'
import { batches, VECTORS } from '../support/vectors.ts'

const LANES = 6
const lanes = createLanes(LANES)

const COST_4 = VECTORS.filter(({ hash }) => hash.slice(4, 6) === '04').map(
  ({ hash: encoded, matches, password = '', hex }) => {
    const bytes = hex === undefined ? Buffer.from(password) : Buffer.from(hex, 'hex')
    return { ...bcryptPlanOf(encoded), encoded, matches, password: bytes }
  },
)

describe('lanes', () => {
  it.each([1, 2, 3, 4, 5, 6])('agree with libxcrypt on every vector, %i together', (together) => {
    const wrong = batches(COST_4, together).flatMap((batch) =>
      lanes
        .hash(batch, 4, (computed, vector) => ({
          ...vector,
          agrees: (Buffer.compare(computed, vector.want) === 0) === vector.matches,
        }))
        .filter(({ agrees }) => !agrees),
    )
    expect(COST_4.length).toBeGreaterThan(650)
    expect(wrong).toEqual([])
  })

  it('have vectors for every difference between the variants', () => {
    const hashes = (variant: string) =>
      COST_4.filter((vector) => vector.matches && vector.variant === variant).map(
        ({ encoded, password }) => encoded.slice(6) + password.toString('hex'),
      )
    const [a, b, x, y] = ['2a', '2b', '2x', '2y'].map((variant) => new Set(hashes(variant)))
    const raw = [...(b ?? [])].filter((made) => y?.has(made))
    // The bug changes most answers; where it does not, the countermeasure changes 2a's.
    expect(raw.filter((made) => !x?.has(made)).length).toBeGreaterThan(5)
    expect(raw.filter((made) => x?.has(made) && !a?.has(made)).length).toBeGreaterThan(2)
  })

  it.each([0, LANES + 1])('refuse a batch of %i', (size) => {
    const batch = COST_4.slice(0, size)
    expect(() => lanes.hash(batch, 4, () => 'computed')).toThrow(TypeError)
  })
})
