/** Mutated hashes: a damaged or altered hash never verifies a password that its own computation would not. */
import { compareSync } from 'bcryptjs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createEngine, CORES } from '../../src/passwords/engine.ts'
import type { Inspection, Plan } from '../../src/passwords/family.ts'
import { inspect } from '../../src/passwords/registry.ts'
import { settingsFor, supportedVectors, type HashVector } from '../support/hash-vectors.ts'
import { seeded } from '../support/simulation.ts'

/** Mutants that are parsed, and of these the ones that are computed. More with MUTANTS in the environment. */
const PARSED = Number(process.env['MUTANTS'] ?? 20_000)

/** A mutant of more work than this is parsed only, so that the test takes seconds. */
const CHEAP_MS = 3

type Random = () => number

const pick = <T>(items: readonly T[], random: Random): T | undefined =>
  items[Math.floor(random() * items.length)]

const SPLICES = [
  '',
  '=',
  '$',
  ':',
  ',',
  ' ',
  '\0',
  '\n',
  '+',
  '/',
  '-',
  '_',
  '.',
  'A',
  '0',
  '%',
  '{',
  'é',
]
const NUMBERS = [
  '0',
  '00',
  '1e3',
  '0x10',
  '-1',
  '+1',
  ' 1',
  '1.0',
  '',
  '2147483648',
  '9'.repeat(20),
]

type Mutation = (encoded: string, random: Random) => string

const splice = (encoded: string, at: number, remove: number, insert: string): string =>
  encoded.slice(0, at) + insert + encoded.slice(at + remove)

const position = (encoded: string, random: Random): number =>
  Math.floor(random() * (encoded.length + 1))

/** Replaces one of the numbers in it. */
const renumber: Mutation = (encoded, random) => {
  const found = pick([...encoded.matchAll(/\d+/g)], random)
  if (!found) return `${encoded}0`
  const [digits] = found
  const near = String(Number(digits) + (random() < 0.5 ? 1 : -1))
  const choice = pick([...NUMBERS, near, near, near, `0${digits}`], random)
  return splice(encoded, found.index, digits.length, choice ?? '')
}

/** Removes or repeats a part between separators. */
const repart: Mutation = (encoded, random) => {
  const parts = encoded.split(/(?<=[$:,}])/)
  const at = Math.floor(random() * parts.length)
  const part = parts[at] ?? ''
  parts.splice(at, 1, ...(random() < 0.5 ? [] : [part, part]))
  return parts.join('')
}

const MUTATIONS: readonly Mutation[] = [
  (encoded, random) => encoded.slice(0, position(encoded, random)),
  (encoded, random) => encoded.slice(0, encoded.length - 1 - Math.floor(random() * 4)),
  (encoded, random) => encoded + (pick(SPLICES, random) ?? ''),
  (encoded, random) => splice(encoded, position(encoded, random), 1, pick(SPLICES, random) ?? ''),
  (encoded, random) => splice(encoded, position(encoded, random), 0, pick(SPLICES, random) ?? ''),
  (encoded, random) => {
    const at = position(encoded, random)
    const letter = encoded[at] ?? ''
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    return splice(encoded, at, 1, other)
  },
  (encoded, random) => {
    const at = position(encoded, random)
    return splice(encoded, at, 2, (encoded[at + 1] ?? '') + (encoded[at] ?? ''))
  },
  renumber,
  renumber,
  repart,
]

const mutate: Mutation = (encoded, random) => {
  const once = pick(MUTATIONS, random)?.(encoded, random) ?? encoded
  return random() < 0.3 ? (pick(MUTATIONS, random)?.(once, random) ?? once) : once
}

const engine = createEngine(CORES)

const isMatch = (plan: Plan, password: string): boolean =>
  engine.verify([{ plan, password }])[0] === 'match'

const isPlan = (found: Inspection): found is Plan => !('flaw' in found)

/** The variants differ in bytes beyond ASCII alone. */
const isBcryptAgreed = (mutant: string, plan: Plan, password: string): boolean =>
  plan.core === 'bcrypt' && !plan.input && compareSync(password, mutant.slice(-60))

/**
 * The length of the key is what these strings say, or have: their own systems accept one of 16 bytes or more, too.
 * A cut key still belongs to one password.
 */
const OF_ANY_LENGTH = ['aspnet-identity-v3', 'kdf-template', 'pbkdf2-mediawiki', 'pbkdf2-phc']

const isCutKey = ({ family }: HashVector, plan: Plan, original: Inspection): boolean =>
  OF_ANY_LENGTH.includes(family) &&
  isPlan(original) &&
  plan.want.length >= 16 &&
  isDeepStrictEqual(
    { ...plan, kind: original.kind },
    { ...original, want: original.want.slice(0, plan.want.length) },
  )

const matching = supportedVectors.filter(({ expect: expected }) => expected === 'match')

describe('a mutated hash', () => {
  it('never throws, and verifies only what its own computation verifies', () => {
    const random = seeded(20_261_128)
    const wrong: unknown[] = []
    let computed = 0
    for (let i = 0; i < PARSED; i++) {
      const vector = pick(matching, random)
      if (!vector) break
      const settings = { ...settingsFor(vector), bcryptCost: 5, maxMs: CHEAP_MS, maxMib: 4 }
      const mutant = mutate(vector.encoded, random)
      const plan = inspect(mutant, settings)
      if (!isPlan(plan)) continue
      const original = inspect(vector.encoded, settings)
      if (isDeepStrictEqual(plan, original)) continue
      computed++
      if (!isMatch(plan, vector.password)) continue
      if (isBcryptAgreed(mutant, plan, vector.password)) continue
      if (isCutKey(vector, plan, original)) continue
      wrong.push({ family: vector.family, note: vector.note, mutant, plan })
    }
    expect(computed).toBeGreaterThan(PARSED / 100)
    expect(wrong).toEqual([])
  })
})
