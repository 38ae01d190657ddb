/** Hashes that are sent to Okta: it verifies with each what the hook would verify, and nothing else. */
import { hashSync } from 'bcryptjs'
import { expect, it } from 'vitest'
import { toOktaHash } from '../../src/import/rows/okta-hash.ts'
import { DEFAULT_HASHES, inspect, type HashSettings } from '../../src/passwords/registry.ts'
import { compileTemplates } from '../../src/passwords/templates/templates.ts'
import { hashSchema, passwordMatches } from '../../src/sandbox/org/hashes.ts'
import { settingsFor, supportedVectors } from '../support/hash-vectors.ts'

const convert = (encoded: string, settings: HashSettings) => {
  const plan = inspect(encoded, settings)
  return 'flaw' in plan ? { problem: plan.flaw } : toOktaHash(plan)
}

it('Okta verifies the right password of every hash that it is sent, and no wrong one', async () => {
  const wrong: unknown[] = []
  let sent = 0
  for (const vector of supportedVectors) {
    if (vector.expect !== 'match' && vector.expect !== 'mismatch') continue
    const found = convert(vector.encoded, settingsFor(vector))
    if (!('hash' in found)) continue
    sent++
    const isMatch = await passwordMatches(hashSchema.parse(found.hash), vector.password)
    if (isMatch !== (vector.expect === 'match')) wrong.push(vector)
  }
  expect(sent).toBeGreaterThan(300)
  expect(wrong).toEqual([])
})

it('a hash for which more than the typed password is tried is not sent', () => {
  const templates = compileTemplates('wordpress', { bounds: DEFAULT_HASHES })
  const found = convert(hashSync(String.raw`it\'s`, 4), { ...DEFAULT_HASHES, templates })
  expect(found).toEqual({ problem: 'may be of a password that was changed first' })
})
