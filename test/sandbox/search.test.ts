/** The search language: the meaning of expressions, and that anything else is refused. */
import { describe, expect, it } from 'vitest'
import { OktaError } from '../../src/sandbox/http/errors.ts'
import { parseSearch, type SearchAttribute } from '../../src/sandbox/org/search.ts'
import { fc } from '../support/properties.ts'

interface Item {
  readonly name: string
  readonly at?: string
}

const ATTRIBUTES = new Map<string, SearchAttribute<Item>>([
  ['name', { kind: 'text', read: ({ name }) => name }],
  ['at', { kind: 'date', read: ({ at }) => at }],
])

const parse = (source: string) => parseSearch<Item>(source, (name) => ATTRIBUTES.get(name))

const DAY = '2026-01-02T00:00:00.000Z'

describe('an expression', () => {
  it.each([
    ['name eq "Ann"', true],
    ['name EQ "ANN"', true],
    ['name eq "An"', false],
    ['name sw "an"', true],
    ['name eq "a\\"b"', false],
    [`at eq "${DAY}"`, true],
    ['at gt "2026-01-01"', true],
    [`at gt "${DAY}"`, false],
    [`at ge "${DAY}"`, true],
    [`at lt "${DAY}"`, false],
    [`at le "2026-01-02T01:00:00+01:00"`, true],
    ['name co "NN"', true],
    ['name co "x"', false],
    ['name gt "Al"', true],
    ['name lt "Al"', false],
    ['name pr and at pr', true],
    ['name eq "x" or name eq "ann"', true],
    ['name eq "x" and name eq "ann" or name sw "a"', true],
    ['name eq "x" and (name eq "ann" or name sw "a")', false],
    ['((name eq "ann"))', true],
  ])('%s is %s of Ann', (source, expected) => {
    expect(parse(source)({ name: 'Ann', at: DAY })).toBe(expected)
  })

  it('is false of an item that lacks the attribute', () => {
    expect(parse('at gt "1970-01-01"')({ name: 'Ann' })).toBe(false)
  })
})

describe('text that is not an expression', () => {
  it.each([
    '',
    'name',
    'name eq',
    'name eq ann',
    'name eq "ann',
    'name eq "ann" name eq "bob"',
    'name ne "ann"',
    'name ew "ann"',
    'name pr "ann"',
    'at co "2026"',
    'at sw "2026"',
    'at gt "yesterday"',
    'age eq "1"',
    'toString eq "1"',
    'name toString "1"',
    'not (name eq "ann")',
    '(name eq "ann"',
    'name eq "ann")',
    '('.repeat(10_000),
  ])('is refused: %s', (source) => {
    expect(() => parse(source)).toThrow('Invalid search criteria.')
  })

  it('is refused with only that error, whatever it is', () => {
    const word = fc.constantFrom('name', 'at', 'eq', 'sw', 'and', 'or', '(', ')', '"x"', '"', '\\')
    const source = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(source, (text) => {
        try {
          expect(typeof parse(text)({ name: 'x' })).toBe('boolean')
        } catch (err) {
          expect(err).toBeInstanceOf(OktaError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
