/** The decision: which reason denies access, whatever was computed. */
import { describe, expect, it } from 'vitest'
import { assess, decide, REASONS, type Reason } from '../../src/hook/decision.ts'
import type { LegacyAccount } from '../../src/legacy/store.ts'
import type { Outcome } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }
const SOUND = '$2b$04$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu'
const PASSWORDS = ['', 'open sesame']

/** Stored hashes, and the reason to deny access of each. */
const HASHES: readonly (readonly [encoded: string, flaw: Reason | undefined])[] = [
  [SOUND, undefined],
  ['', 'hash_unrecognised'],
  [`${SOUND} `, 'hash_padded'],
  [SOUND.slice(1), 'hash_unrecognised'],
  [SOUND.slice(0, -1), 'hash_truncated'],
  [SOUND.replace('04', '3x'), 'hash_malformed'],
  [SOUND.replace('04', '31'), 'hash_out_of_bounds'],
]

const OUTCOMES: readonly (readonly [Outcome, Reason])[] = [
  ['match', 'match'],
  ['mismatch', 'mismatch'],
  ['unrecognised', 'hash_unrecognised'],
  ['malformed', 'hash_malformed'],
  ['truncated', 'hash_truncated'],
  ['padded', 'hash_padded'],
  ['out_of_bounds', 'hash_out_of_bounds'],
]

const ACCOUNTS = HASHES.flatMap(([passwordHash]) =>
  [true, false, undefined].map((enabled): LegacyAccount => ({ key: 'one', passwordHash, enabled })),
)

/** No account, each one, and each two. */
const LOOKUPS: readonly (readonly LegacyAccount[])[] = [
  [],
  ...ACCOUNTS.map((account) => [account]),
  ...ACCOUNTS.flatMap((account) => ACCOUNTS.map((another) => [account, another])),
]

const expectedReason = (
  [account, another]: readonly LegacyAccount[],
  password: string,
  computed: Reason,
): Reason => {
  if (!account) return 'unknown_login'
  if (another) return 'ambiguous_login'
  if (account.enabled === undefined) return 'enabled_unreadable'
  // Before any flaw of the hash: Okta's System Log would show the flaw, which reveals that the account exists.
  if (!account.enabled) return 'disabled'
  const flaw = HASHES.find(([encoded]) => encoded === account.passwordHash)?.[1]
  return flaw ?? (password === '' ? 'empty_password' : computed)
}

const assessed = (accounts: readonly LegacyAccount[], password: string) =>
  assess(accounts, password, (encoded) => inspect(encoded, BOUNDS))

describe('decide', () => {
  it('verifies only a match on the one account, if it is enabled and sound and a password was sent', () => {
    let verified = 0
    const seen = new Set<Reason>()
    for (const accounts of LOOKUPS) {
      for (const password of PASSWORDS) {
        const assessment = assessed(accounts, password)
        for (const [outcome, computed] of OUTCOMES) {
          const [only] = accounts
          const may =
            accounts.length === 1 &&
            only?.enabled === true &&
            only.passwordHash === SOUND &&
            password !== '' &&
            outcome === 'match'
          const { credential, reason } = decide(assessment, outcome)
          expect(credential).toBe(may ? 'VERIFIED' : 'UNVERIFIED')
          expect(reason).toBe(expectedReason(accounts, password, computed))
          seen.add(reason)
          if (may) verified++
        }
      }
    }
    expect(verified).toBe(1)
    // The guess limiter gives the first two of the others, and a store that verifies by itself the last two.
    const others: readonly Reason[] = [
      'too_many_guesses',
      'too_many_account_guesses',
      'locked',
      'expired',
    ]
    expect([...seen].sort()).toEqual(REASONS.filter((reason) => !others.includes(reason)).sort())
  })

  it('gives the same reason for a disabled account whatever is wrong with its hash', () => {
    for (const [passwordHash] of HASHES) {
      const one = { key: 'one', passwordHash, enabled: false }
      expect(assessed([one], 'open sesame').denyReason).toBe('disabled')
    }
  })

  it('has no hash to compute where a flag cannot be read, and so costs as much as an unknown login', () => {
    const one = { key: 'one', passwordHash: SOUND, enabled: undefined }
    expect(assessed([one], 'open sesame')).toEqual({
      hash: undefined,
      denyReason: 'enabled_unreadable',
    })
  })
})
