/** How the attributes of a schema read values: each type, limit and format, and never a crash. */
import { describe, expect, it } from 'vitest'
import { createColumns, type Mapping } from '../../src/import/rows/columns.ts'
import { Flaws } from '../../src/import/rows/read-value.ts'
import { createAttributes, type Rules } from '../../src/import/rows/attributes.ts'
import type { Value } from '../../src/import/sources/source.ts'
import { fc } from '../support/properties.ts'

const attributesOf = (schema: Record<string, Rules>, separator?: string) =>
  createAttributes(new Map(Object.entries(schema)), { areAll: true, separator })

const read = (value: Value, rules: Rules, name = 'x', separator?: string): unknown => {
  const found = attributesOf({ [name]: rules }, separator)
    .get(name)
    ?.read(value)
  return found instanceof Flaws ? found.all.join('; ') : found
}

describe('a value is read by its type', () => {
  it.each<[string, Value, unknown]>([
    ['string', 'Ann', 'Ann'],
    ['string', 4711, '4711'],
    ['string', 1.5, '1.5'],
    ['boolean', true, true],
    ['boolean', 'TRUE', true],
    ['boolean', ' no ', false],
    ['boolean', 'f', false],
    ['boolean', 1, true],
    ['boolean', '0', false],
    ['integer', '42', 42],
    ['integer', ' -7 ', -7],
    ['integer', '42.00', 42],
    ['integer', 42, 42],
    ['number', '1.5', 1.5],
    ['number', '.5', 0.5],
    ['number', '1e3', 1000],
    ['array', '["Blue", "Yellow"]', ['Blue', 'Yellow']],
    ['array', '[]', []],
    ['array', ['Blue'], ['Blue']],
    ['something new', 'as it is', 'as it is'],
  ])('%s accepts %j', (type, value, expected) => {
    expect(read(value, { type, items: { type: 'string' } })).toEqual(expected)
  })

  it.each<[string, Value, string]>([
    ['string', true, 'must be text'],
    ['string', ['a'], 'must be text'],
    ['string', 2 ** 60, 'is a number with more digits than can be kept exactly'],
    ['boolean', 'maybe', 'must be y/n, yes/no, t/f, true/false, on/off or 1/0'],
    ['boolean', 2, 'must be y/n, yes/no, t/f, true/false, on/off or 1/0'],
    ['boolean', ['true'], 'must be y/n, yes/no, t/f, true/false, on/off or 1/0'],
    ['integer', '4.5', 'must be a whole number'],
    ['integer', 4.5, 'must be a whole number'],
    ['integer', '1,000', 'must be a whole number'],
    ['integer', '0x10', 'must be a whole number'],
    ['integer', '90071992547409931', 'is a number with more digits than can be kept exactly'],
    ['number', 'Infinity', 'must be a number'],
    ['number', '1e999', 'must be a number'],
    ['number', '', 'must be a number'],
    ['number', false, 'must be a number'],
    ['array', 'Blue', 'must be a list'],
    ['array', '["Blue"', 'must be a list'],
    ['array', '[{"a": 1}]', 'must be a list'],
    ['array', 7, 'must be a list'],
  ])('%s refuses %j', (type, value, reason) => {
    expect(read(value, { type, items: { type: 'string' } })).toContain(reason)
  })

  it('reads the items of a list by the type of the items', () => {
    const items: Rules = { type: 'integer', enum: [1, 2] }
    expect(read('["1", 2]', { type: 'array', items })).toEqual([1, 2])
    expect(read('1| 2 |', { type: 'array', items }, 'x', '|')).toEqual([1, 2])
    expect(read('["one"]', { type: 'array', items })).toBe(
      'has an item that must be a whole number',
    )
    expect(read('[3]', { type: 'array', items })).toBe(
      'has an item that is not one of the values that the org allows: 1, 2',
    )
  })

  it('splits a text that starts like JSON but is not, where a separator is given', () => {
    const list: Rules = { type: 'array', items: { type: 'string' } }
    expect(read('[a]|b', list, 'x', '|')).toEqual(['[a]', 'b'])
    expect(read('["a|b"]', list, 'x', '|')).toEqual(['a|b'])
  })
})

describe('a text has limits', () => {
  it.each<[Rules, string, string]>([
    [{ minLength: 5 }, 'four', 'is shorter than 5 characters'],
    [{ maxLength: 3 }, 'four', 'is longer than 3 characters'],
    [{ enum: ['S', 'M'] }, 'L', 'is not one of the values that the org allows: S, M'],
    [{ oneOf: [{ const: 's', title: 'S' }] }, 'S', 'the org allows: s'],
    [{ format: 'email' }, 'ann', 'is not an e-mail address'],
    [{ format: 'uri' }, 'www.x.example', 'is not a URL'],
    [{ format: 'country-code' }, 'UK', 'is not a country code'],
    [{ format: 'country-code' }, 'gb', 'is not a country code'],
    [{ format: 'country-code' }, 'EU', 'is not a country code'],
    [{ format: 'country-code' }, 'XX', 'is not a country code'],
    [{ format: 'locale' }, 'english', 'is not a locale'],
    [{ format: 'language-code' }, 'xx', 'is not a language'],
    [{ format: 'timezone' }, 'W. Europe Standard Time', 'is not a time zone'],
    [{ format: 'timezone' }, '+01:00', 'is not a time zone'],
    [{ format: 'timezone' }, 'A'.repeat(1000), 'is not a time zone'],
  ])('%j refuses %j', (rules, text, reason) => {
    const attribute = attributesOf({ x: { type: 'string', ...rules } }).get('x')
    const first = attribute?.read(text)
    expect(first instanceof Flaws && first.all.join()).toContain(reason)
    // The second answer comes from the cache, and is the same.
    expect(attribute?.read(text)).toEqual(first)
  })

  it.each<[Rules, string]>([
    [{ minLength: 4, maxLength: 4 }, 'four'],
    [{ enum: [] }, 'any'],
    [{ enum: ['one', { toString: 1 }] }, 'any'],
    [{ oneOf: [{ const: null, title: 'none' }] }, 'any'],
    [{ format: 'something new' }, 'any'],
    [{ format: 'country-code' }, 'GB'],
    [{ format: 'locale' }, 'en_US'],
    [{ format: 'language-code' }, 'zh-Hans-CN'],
    [{ format: 'language-code' }, 'da, en-gb;q=0.8'],
    [{ format: 'timezone' }, 'Asia/Calcutta'],
    [{ format: 'uri' }, 'https://x.example/a'],
  ])('%j accepts %j', (rules, text) => {
    expect(read(text, { type: 'string', ...rules })).toBe(text)
  })

  it('shows some of many values, and no control characters of a terminal', () => {
    const many = ['\u001b[2J', ...Array.from({ length: 5000 }, (_, i) => `v${i}`)]
    const reason = String(read('no', { type: 'string', enum: many }))
    expect(reason.length).toBeLessThan(200)
    expect(reason).toMatch(/v8, …$/)
    expect(reason).not.toContain('\u001b')
  })
})

describe('a login', () => {
  const login = (text: string, pattern: string | null | undefined): unknown =>
    read(text, { type: 'string', maxLength: 100, pattern }, 'login')

  it.each([
    ['jsmith@x.example', undefined],
    ['jsmith@x.example', null],
    ['CORP\\mary', '.+'],
    ['jsmith', '[a-z]+'],
    ['4711', '[a-zA-Z0-9]+'],
    ['o.neill-1', '[a-z0-9.\\-]+'],
    ['müller', '[\\p{L}]+'],
  ])('%j is accepted by the pattern %j', (text, pattern) => {
    expect(login(text, pattern)).toBe(text)
  })

  it.each([
    ['jsmith', undefined, 'is not an e-mail address'],
    ['CORP\\mary', null, 'is not an e-mail address'],
    ['CORP\\mary', '[a-zA-Z]+', 'has characters that the org does not allow: it takes [a-zA-Z]+'],
    ['jsmith\n', '[a-z]+', 'has characters that the org does not allow'],
    ['x'.repeat(101), '.+', 'is longer than 100 characters'],
  ])('%j is refused by the pattern %j', (text, pattern, reason) => {
    expect(login(text, pattern)).toContain(reason)
  })

  // In the first, each further character would double the time.
  it.each(['(a+)+$', '[z-a]+', '[a-z&&[^x]]+', '(', '[\\p{IsLatin}]+', '', '[a-z]+@[a-z]+'])(
    'is left to Okta where the pattern is %j',
    (pattern) => {
      const text = `${'a'.repeat(26)}!`
      expect(login(text, pattern)).toBe(text)
    },
  )
})

describe('whatever the org and the input say', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('[', '[1', '["a"]', '1e5', '-', '.', 'true', 'GB', 'en_', '_', '[[]]', 'null'),
  )
  const value = fc.oneof(
    text,
    fc.double(),
    fc.boolean(),
    fc.array(fc.oneof(text, fc.double(), fc.boolean())),
  ) as fc.Arbitrary<Value>
  const limit = fc.option(fc.oneof(fc.integer(), fc.double()), { nil: null })
  const plain = {
    type: fc.constantFrom('string', 'boolean', 'number', 'integer', 'array', 'odd', null),
    format: fc.constantFrom('email', 'uri', 'country-code', 'locale', 'language-code', 'timezone'),
    pattern: fc.oneof(text, fc.constantFrom('.+', '[a-z]+', '[^\\]]+')),
    minLength: limit,
    maxLength: limit,
    enum: fc.array(fc.jsonValue()),
    oneOf: fc.array(fc.record({ const: fc.jsonValue(), title: text })),
  }
  const rules = fc.record(
    { ...plain, items: fc.record(plain, { requiredKeys: [] }) },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Rules>

  it('the result is a value of the type, or a reason without the value', () => {
    fc.assert(
      fc.property(rules, value, fc.constantFrom(undefined, '|', 'a'), (given, from, separator) => {
        const found = attributesOf({ x: given }, separator).get('x')?.read(from)
        if (found instanceof Flaws) return found.all.length > 0
        const isRight: Record<string, boolean> = {
          string: typeof found === 'string',
          boolean: typeof found === 'boolean',
          number: Number.isFinite(found),
          integer: Number.isSafeInteger(found),
          array: Array.isArray(found),
        }
        return isRight[given.type ?? ''] ?? Object.is(found, from)
      }),
    )
  })

  it('a value written as text is read back', () => {
    const number: Rules = { type: 'number' }
    const list: Rules = { type: 'array', items: number }
    const finite = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => Number.isSafeInteger(n) || !Number.isInteger(n))
    fc.assert(fc.property(finite, (n) => read(String(n), number) === Number(String(n))))
    fc.assert(
      fc.property(fc.array(finite), (all) => {
        expect(read(JSON.stringify(all), list)).toEqual(JSON.parse(JSON.stringify(all)))
      }),
    )
  })

  it('a reason never quotes the value', () => {
    const mark = 'Q7ZqMarked7Qz'
    fc.assert(
      fc.property(
        rules,
        fc.constantFrom(mark, `[${mark}`, [mark], `["${mark}"]`),
        (given, from) => {
          const found = attributesOf({ x: given }).get('x')?.read(from)
          return !(found instanceof Flaws) || !found.all.join().includes(mark)
        },
      ),
    )
  })
})

describe('a column in an org whose attributes are known', () => {
  const attributes = attributesOf({
    email: { type: 'string', isRequired: true },
    color: { type: 'string' },
    emails: { type: 'array' },
    pin: { type: 'string' },
    badge: { type: 'string', mutability: 'READ_ONLY', isRequired: true },
  })
  const useOf = (column: string, mapping: Partial<Mapping> = {}) =>
    createColumns({ map: new Map(), ignore: new Set(), fields: [], attributes, ...mapping }).useOf(
      column,
    )

  it.each(['email', 'emails', 'color'])('%s is one of them', (name) => {
    expect(useOf(name)).toEqual({ kind: 'profile', names: [name] })
  })

  it.each([
    ['is_active', '"is_active" is no attribute of a profile in this org: say --ignore "is_active"'],
    ['colour', '"colour" looks like color: say --map "color=colour", or --ignore "colour"'],
    ['badge', '"badge" is read-only in this org: say --ignore "badge"'],
  ])('%s causes a notice', (column, problem) => {
    expect(useOf(column)).toMatchObject({ problem: expect.stringContaining(problem) as string })
  })

  it('cannot be mapped to an attribute that does not exist', () => {
    const map = new Map([['team', 'division']])
    expect(useOf('division', { map })).toEqual({
      kind: 'unclear',
      problem: '"division" is mapped to "team", and no profile in this org has such an attribute',
    })
  })

  it('with the name of a secret is sent only where it is mapped', () => {
    expect(useOf('pin')).toEqual({ kind: 'left out', secret: true })
    expect(useOf('pin', { map: new Map([['pin', 'pin']]) })).toMatchObject({ kind: 'profile' })
  })

  it('is required where Okta accepts and requires it', () => {
    expect(attributes.required).toEqual(['email'])
  })
})
