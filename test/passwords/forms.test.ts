/** The encodings in which a password is tried: which bytes, how many tries, and what is never taken for another. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import type { BcryptPlan, Core } from '../../src/passwords/family.ts'
import { bcryptCore } from '../../src/passwords/cores/bcrypt.ts'
import { createEngine } from '../../src/passwords/engine.ts'
import { encodePassword, type Form } from '../../src/passwords/password-forms.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { verifyEncoded } from '../support/passwords.ts'
import { fc } from '../support/properties.ts'

const hexOf = (password: string, form: Form): string | undefined => {
  const bytes = encodePassword(password, form)
  return bytes && Buffer.from(bytes).toString('hex')
}

describe('a form', () => {
  it.each([
    ['utf-8', 'é€', 'c3a9e282ac'],
    ['latin1', 'é', 'e9'],
    ['latin1', '€', undefined],
    ['latin1', 'š', undefined],
    ['windows-1252', 'é€š', 'e9809a'],
    ['windows-1252', 'ł', undefined],
    ['nfc', 'e\u0301', 'c3a9'],
    ['nfd', 'é', '65cc81'],
    ['utf-16le', 'é𝄞', 'e90034d81edd'],
    ['wordpress', ' é ', 'c3a9'],
    ['wordpress', '', ''],
    // An empty password lets nobody in, and must not be what blanks stand for.
    ['wordpress', ' \t', undefined],
  ] as const)('%s of %s', (form, password, bytes) => {
    expect(hexOf(password, form)).toBe(bytes)
  })

  it.each(['latin1', 'windows-1252'] as const)(
    '%s has the same bytes for no two passwords',
    (form) => {
      const text = fc.string({ unit: 'binary', maxLength: 4 })
      fc.assert(
        fc.property(text, text, (one, other) => {
          const bytes = hexOf(one, form)
          expect(bytes !== undefined && bytes === hexOf(other, form)).toBe(
            bytes !== undefined && one === other,
          )
        }),
        { numRuns: 2_000 },
      )
    },
  )
})

/** bcrypt's core, which counts what it computes. */
const counted = () => {
  const computed: string[] = []
  const create = (): Core<BcryptPlan> => {
    const core = bcryptCore.create()
    const match: typeof core.match = (checks, compare) => {
      computed.push(...checks.map(({ password }) => Buffer.from(password).toString('hex')))
      return core.match(checks, compare)
    }
    return { ...core, match }
  }
  const engine = createEngine([{ ...bcryptCore, create }])
  engine.coreOf('bcrypt')
  computed.length = 0
  return { engine, computed }
}

/** The fastest of some runs, since other programs slow single ones. */
const fastestMs = (run: () => void): number => {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now()
    run()
    return performance.now() - startedAt
  })
  return Math.min(...times)
}

it('a password of lone surrogates takes time in proportion to its length', () => {
  const encode = (length: number) => () =>
    expect(hexOf('é\ud800'.repeat(length), 'utf-8')).toBe('c3a9eda080'.repeat(length))
  // In proportion to the square of it would be 4,096 times as long.
  expect(fastestMs(encode(128_000)) / fastestMs(encode(2_000))).toBeLessThan(1_000)
})

describe('the tries of a check', () => {
  const settings = { ...DEFAULT_HASHES, encodings: ['windows-1252', 'latin1', 'utf-16le'] as const }
  const encoded = hashSync('x', 4)
  const latin = { encoded: hashSync('x', 4), password: 'grün' }

  it('are as many whatever was typed, and for a dummy hash', () => {
    for (const password of ['ascii', 'grün', '密码', '']) {
      const { engine, computed } = counted()
      verifyEncoded(engine, [{ encoded, password }], settings)
      expect(computed.length).toBe(3)
    }
  })

  it('count in the cost of the kind, which keeps the hash’s own', () => {
    const plan = inspect(encoded, settings)
    expect(plan).toMatchObject({ cost: 4, kind: { name: 'bcrypt', cost: 4 + 1.5 } })
  })

  it('count against the bounds', () => {
    expect(inspect(encoded, { ...settings, bcryptCost: 5 })).toEqual({ flaw: 'out_of_bounds' })
  })

  it('find a password that was hashed in another encoding, and no other', () => {
    const { engine } = counted()
    const plan = inspect(latin.encoded, settings)
    if ('flaw' in plan) throw new TypeError(plan.flaw)
    const own = bcryptCore.create()
    const wanted = Buffer.alloc(23)
    own.match([{ plan: plan as never, password: Buffer.from('6772fc6e', 'hex') }], (bytes) => {
      wanted.set(bytes)
      return 'mismatch'
    })
    const check = { plan: { ...plan, want: Uint8Array.from(wanted) } }
    expect(engine.verify([{ ...check, password: 'grün' }])).toEqual(['match'])
    for (const password of ['gr\u016an', 'grun', 'gr\ufffdn', 'GRÜN']) {
      expect(engine.verify([{ ...check, password }])).toEqual(['mismatch'])
    }
  })
})
