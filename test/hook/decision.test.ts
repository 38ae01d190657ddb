/** The decision alone: what bars a VERIFIED, whatever was computed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assess, decide } from '../../src/hook/decision.ts'
import type { LegacyAccount } from '../../src/legacy/store.ts'
import { inspect } from '../../src/passwords/registry.ts'

const BOUNDS = { bcryptCost: 14 }
const SOUND = '$2b$04$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu'

const account = fc.record<LegacyAccount>({
  key: fc.option(fc.string(), { nil: undefined }),
  passwordHash: fc.constantFrom(SOUND, '', `${SOUND} `, SOUND.slice(1), SOUND.replace('04', '31')),
  enabled: fc.constantFrom(true, false, undefined),
})
const outcome = fc.constantFrom(
  'match' as const,
  'mismatch' as const,
  'unrecognised' as const,
  'malformed' as const,
  'truncated' as const,
  'padded' as const,
  'out_of_bounds' as const,
)

describe('decide', () => {
  it('verifies only a match on the one, enabled, sound account, with a password', () => {
    fc.assert(
      fc.property(
        fc.array(account, { maxLength: 2 }),
        fc.constantFrom('', 'open sesame'),
        outcome,
        (accounts, password, computed) => {
          const standing = assess(accounts, password, (hash) => inspect(hash, BOUNDS))
          const [only] = accounts
          const may =
            accounts.length === 1 &&
            only?.enabled === true &&
            only.passwordHash === SOUND &&
            password !== '' &&
            computed === 'match'
          expect(decide(standing, computed).credential).toBe(may ? 'VERIFIED' : 'UNVERIFIED')
        },
      ),
    )
  })

  it('has no hash to compute, and so the work of an unknown login, where a flag cannot be read', () => {
    const one = { key: 'one', passwordHash: SOUND, enabled: undefined }
    expect(assess([one], 'open sesame', (hash) => inspect(hash, BOUNDS))).toEqual({
      hash: undefined,
      bar: 'enabled_unreadable',
    })
  })
})
