/** A damaged row: it is reported with its line and its text, and the rows around it are read as if it were not there. */
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import type { FlawedRow, SourceRow } from '../../src/import/sources/source.ts'
import { fc } from '../support/properties.ts'
import { fieldsOf, readInput } from '../support/rows.ts'

const flawed = (rows: readonly SourceRow[]): FlawedRow[] =>
  rows.filter((row): row is FlawedRow => 'flaw' in row)

/** What a good row may contain: quoted fields, also with line ends, doubled quotes and delimiters in them. */
const NAMES = ['Lee', '"Lee, Jr."', '"Lee ""Bo"""', '"Lee\r\nBeach 1\nBonn"', '""', 'Möller ☕']

const goodRow = (n: number): string => `user${n}@x.example,${NAMES[n % NAMES.length] ?? ''},Bonn`

/** Each is one line, with the flaw as a person reads it. */
const BAD_ROWS: readonly [name: string, row: string, flaw: RegExp][] = [
  ['a quote that opens', 'bad@x.example,"Lee,Bonn', /never closed/],
  ['a quote that opens the line', '"bad@x.example,Lee,Bonn', /never closed/],
  ['a quote inside', 'bad@x.example,Lee 5"2,Bonn', /inside an unquoted field/],
  ['a quote at the end', 'bad@x.example,Lee,Bonn"', /inside an unquoted field/],
  ['text after a quote', 'bad@x.example,"Lee"x,Bonn', /followed by more text/],
  ['too few fields', 'bad@x.example,Lee', /2 fields where the header has 3/],
  ['too many fields', 'bad@x.example,Lee,Bonn,', /4 fields where the header has 3/],
]

describe('a damaged row of CSV', () => {
  it.each(BAD_ROWS)('with %s', async (_, bad, flaw) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom('\n', '\r\n'),
        async (before, after, piece, end) => {
          const good = Array.from({ length: before + after }, (_, i) => goodRow(i))
          const lines = ['email,lastName,city', ...good.slice(0, before), bad]
          const input = [...lines, ...good.slice(before), ''].join(end)
          const rows = await readInput(input, piece)
          const line = lines.slice(0, -1).join(end).split('\n').length + 1
          expect(flawed(rows)).toMatchObject([{ line, raw: bad, number: before + 1 }])
          expect(flawed(rows)[0]?.flaw).toMatch(flaw)
          const sound = rows.filter((row) => 'fields' in row)
          expect(sound.map((row) => fieldsOf(row)['email'])).toEqual(
            good.map((_, i) => `user${i}@x.example`),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is one of 20,000: its line is reported, the others are read', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `user${i + 2}@x.example,Lee,Bonn`)
    lines[8_998] = 'user9000@x.example,"Lee,Bonn'
    const rows = await readInput(['email,lastName,city', ...lines, ''].join('\n'), 65_536)
    expect(rows).toHaveLength(20_000)
    expect(flawed(rows)).toMatchObject([{ line: 9_000, raw: lines[8_998] }])
  })

  it('with two stray quotes around other rows is shown to a person as a whole', async () => {
    const swallowed = ['b@x.example,"Lee,Bonn', 'c@x.example,Moe,Ulm', 'd@x.example,"Noe,Köln']
    const rows = await readInput(
      ['email,lastName,city', 'a@x.example,Lee,Bonn', ...swallowed, 'e@x.example,Poe,Trier'].join(
        '\n',
      ),
    )
    expect(rows.map(({ number, line }) => [number, line])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ])
    const closed = ['b@x.example,"Lee,Bonn', 'c@x.example,Moe,Ulm', 'd@x.example,Noe",Köln']
    const others = await readInput(
      ['email,lastName,city', 'a@x.example,Lee,Bonn', ...closed, 'e@x.example,Poe,Trier'].join(
        '\n',
      ),
    )
    expect(others).toMatchObject([
      { line: 2, number: 1 },
      {
        line: 3,
        number: 2,
        flaw: expect.stringContaining('goes on to line 5') as string,
        raw: closed.join('\n'),
      },
      // The rows keep their numbers when each of these is a row again.
      { line: 6, number: 5 },
    ])
  })

  it('never turns a long text into rows, even if parts of it look like rows', async () => {
    const note = '"Dear all,\nwrite to a@x.example, b@x.example\n\nBye"'
    const rows = await readInput(`email,lastName,note\na@x.example,Lee,${note}\n`)
    expect(rows).toHaveLength(1)
    expect(fieldsOf(rows[0])['note']).toContain('Bye')
  })
})

describe('bytes that are not UTF-8', () => {
  it('reject their line alone, which is shown as Windows would decode it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 100 }), async (at, piece) => {
        const lines = Array.from({ length: 21 }, (_, i) => Buffer.from(`ü${i}@x.example,Köln\n`))
        lines[at] = Buffer.from('bad@x.example,K\u00f6ln\n', 'latin1')
        const rows = await readInput(Buffer.concat([Buffer.from('email,city\n'), ...lines]), piece)
        expect(rows).toHaveLength(21)
        expect(flawed(rows)).toMatchObject([
          { line: at + 2, number: at + 1, raw: 'bad@x.example,Köln' },
        ])
        expect(flawed(rows)[0]?.flaw).toContain('not UTF-8')
      }),
      { numRuns: 60 },
    )
  })

  it('reject one row of JSON lines', async () => {
    const bad = Buffer.from('{"email":"K\u00f6ln"}', 'latin1')
    const rows = await readInput(
      Buffer.concat([Buffer.from('{"email":"a"}\n'), bad, Buffer.from('\n{"email":"b"}\n')]),
    )
    expect(rows).toMatchObject([
      { line: 1 },
      { line: 2, flaw: expect.stringContaining('not UTF-8') as string, raw: '{"email":"Köln"}' },
      { line: 3 },
    ])
  })

  it('are decoded as Windows does', async () => {
    const [, row] = await readInput(
      Buffer.concat([
        Buffer.from('email,city\na,b\n'),
        Buffer.from([0x80, 0x2c, 0x9c, 0xe9, 0x0a]),
      ]),
    )
    expect(row).toMatchObject({ raw: '€,œé' })
  })
})

describe('a line that is too long', () => {
  const long = 'x'.repeat(3_000_000)

  it.each([
    ['email,city\na,Bonn\n', `b,${long}`, 'c,Ulm\n', 3],
    ['{"email":"a"}\n', `{"email":"${long}"}`, '{"email":"c"}\n', 2],
  ])('is reported, and the next one is read', async (before, bad, after, line) => {
    const rows = await readInput(`${before}${bad}\n${after}`, 65_536)
    expect(flawed(rows)).toMatchObject([
      { line, flaw: expect.stringContaining('longer than 1 MiB') as string, raw: '' },
    ])
    expect(rows.at(-1)).toMatchObject({ line: line + 1 })
    expect('fields' in (rows.at(-1) ?? {})).toBe(true)
  })

  it('may be many lines that one quote opens: those of them that are rows are read as rows', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `user${i}@x.example,Lee,Bonn`)
    const rows = await readInput(
      ['email,lastName,city', 'bad@x.example,"Lee,Bonn', ...lines, ''].join('\n'),
      65_536,
    )
    expect(flawed(rows)).toMatchObject([{ line: 2 }])
    expect(rows).toHaveLength(60_001)
  })
})

describe('a line end', () => {
  it('is the one that ends the first line, even in a file from an old Mac, whatever its size', async () => {
    const lines = Array.from({ length: 90_000 }, (_, i) => `user${i}@x.example,"Le\re",Bonn`)
    const rows = await readInput(['email,lastName,city', ...lines, ''].join('\r'), 65_536)
    expect(rows).toHaveLength(90_000)
    expect(rows.at(-1)).toMatchObject({ number: 90_000, line: 2 + 2 * 89_999 })
    expect(fieldsOf(rows[0])['lastName']).toBe('Le\re')
  })
})

describe('sound CSV', () => {
  it('is read as csv-parse reads it', async () => {
    const field = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', '☕') }).map((text) => {
        return `"${text.replaceAll('"', '""')}"`
      }),
      fc.string({ unit: fc.constantFrom('a', 'é', ';', '.') }),
    )
    const row = fc.tuple(field, field).map(([one, two]) => `key,${one},${two}`)
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 50 }),
        async (lines, end, piece) => {
          const input = ['id,one,two', ...lines].join(end)
          const expected = parse<Record<string, string>>(input, { columns: true })
          const rows = await readInput(input, piece)
          expect(rows.map(fieldsOf)).toEqual(
            expected.map((each) =>
              Object.fromEntries(Object.entries(each).filter(([, value]) => value !== '')),
            ),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})
