/** phpass: no damaged hash passes its grammar. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readItoa64 } from '../../src/passwords/notation.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { planOf, startEngine } from '../support/passwords.ts'

const SOUND = '$P$6JcZ01FZnVpBz428LWphMxNzgDuswr/'

const read = (encoded: string) => {
  const found = inspect(encoded, DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : found.kind
}

/** With another logarithm of the rounds. */
const withLog = (digit: string): string => SOUND.replace('$P$6', `$P$${digit}`)

describe('phpass', () => {
  it.each([
    [SOUND, { name: 'phpass', cost: 8 }],
    [SOUND.replace('P', 'H'), { name: 'phpass', cost: 8 }],
    [`U${SOUND}`, { name: 'phpass', cost: 8 }],
    [withLog('5'), { name: 'phpass', cost: 7 }],
    [withLog('4'), 'malformed'],
    [withLog('I'), { name: 'phpass', cost: 20 }],
    [withLog('J'), 'out_of_bounds'],
    [withLog('S'), 'out_of_bounds'],
    [withLog('T'), 'malformed'],
    [withLog('z'), 'malformed'],
    [withLog('!'), 'malformed'],
    [withLog('\n'), 'malformed'],
    ['$P$', 'truncated'],
    [SOUND.slice(0, 12), 'truncated'],
    [SOUND.slice(0, -1), 'truncated'],
    [`${SOUND}.`, 'malformed'],
    // Bits left over in the last digit, and characters that are no digits.
    [SOUND.replace(/.$/, '2'), 'malformed'],
    [SOUND.replace('swr', 's+r'), 'malformed'],
    [SOUND.replace('cZ0', 'c!0'), 'malformed'],
    [SOUND.replace('cZ0', 'cé0'), 'malformed'],
    [`X${SOUND}`, 'unrecognised'],
    [SOUND.toLowerCase(), 'unrecognised'],
    [`${SOUND} `, 'padded'],
  ])('%j is %o', (encoded, expected) => {
    expect(read(encoded)).toEqual(expected)
  })
})

describe("phpass' base 64", () => {
  it.each([
    ['', []],
    ['/.', [1]],
    ['/..', [1, 0]],
    ['.....', undefined],
    ['zzzz', [255, 255, 255]],
    ['zz', undefined],
    ['z1', [255]],
    ['.', undefined],
    ['z=', undefined],
  ])('of %j is %j', (text, expected) => {
    const found = readItoa64(text)
    expect(found && [...found]).toEqual(expected)
  })
})

describe('a password that is longer than a chain takes', () => {
  const engine = startEngine()

  const outcomeOf = (length: number) => {
    const plan = planOf(SOUND)
    const password = 'x'.repeat(length)
    const want = createHash('md5').update(`JcZ01FZn${password}`).digest()
    const last = Array.from({ length: 2 ** 8 }).reduce<Buffer>(
      (key) => createHash('md5').update(key).update(password).digest(),
      want,
    )
    return engine.verify([{ plan: { ...plan, want: Uint8Array.from(last) }, password }])
  }

  it('matches nothing, and takes no longer than the longest that it takes', () => {
    expect(outcomeOf(512)).toEqual(['match'])
    expect(outcomeOf(513)).toEqual(['mismatch'])
    const plan = planOf(withLog('B'))
    const times = [512, 4_096_000].map((length) => {
      const startedAt = performance.now()
      engine.verify([{ plan, password: 'x'.repeat(length) }])
      return performance.now() - startedAt
    })
    expect(times[1]).toBeLessThan(10 * (times[0] ?? 0))
  })
})
