/** The input: every row is read or reported with its line, and nothing is guessed or lost where it is damaged. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { openInputFile } from '../../src/import/sources/file.ts'
import { fc } from '../support/properties.ts'
import { fieldsOf, readInput as read } from '../support/rows.ts'
import { tempDir } from '../support/temp.ts'

const complaint = async (input: string | Buffer): Promise<string> => {
  try {
    await read(input)
  } catch (err) {
    if (err instanceof AppError && err.code === 'input_unusable') return err.detail ?? ''
    throw err
  }
  return 'no complaint'
}

describe('CSV', () => {
  it('may have a byte order mark, CRLF, quotes, and newlines inside fields', async () => {
    const input =
      '\uFEFFemail, firstName ,lastName\r\na@x.example,"Ann ""A""","Lee,\r\nJr."\r\n\r\nb@x.example,Bo,\r\nc@x.example,"\n",'
    const rows = await read(input)
    expect(rows.map(({ number, line }) => [number, line])).toEqual([
      [1, 2],
      [2, 5],
      [3, 6],
    ])
    expect(rows.map(fieldsOf)).toEqual([
      { email: 'a@x.example', firstName: 'Ann "A"', lastName: 'Lee,\r\nJr.' },
      { email: 'b@x.example', firstName: 'Bo' },
      { email: 'c@x.example', firstName: '\n' },
    ])
  })

  it.each([';', '\t', '|'])('may be separated by %j', async (delimiter) => {
    const input = ['email,city', 'a@x.example,"Bonn, am Rhein"']
      .join('\n')
      .replaceAll(',', delimiter)
    expect(fieldsOf((await read(input))[0])).toMatchObject({ email: 'a@x.example' })
  })

  it('reports a ragged row with its line, keeps its fields, and continues', async () => {
    const rows = await read('email,city\na@x.example\nb@x.example,Bonn,more\nc@x.example,Köln')
    expect(rows).toMatchObject([
      { line: 2, flaw: 'the row has 1 fields where the header has 2', raw: 'a@x.example' },
      {
        line: 3,
        flaw: expect.stringContaining('3 fields') as string,
        raw: 'b@x.example,Bonn,more',
      },
      { line: 4 },
    ])
    expect(fieldsOf(rows[2])).toEqual({ email: 'c@x.example', city: 'Köln' })
  })

  it.each([
    ['nothing', '', /empty/],
    ['white space', ' \n\n', /empty/],
    ['a header with a stray quote', 'em"ail,city\n', /^In the header at line 1: a quote/],
    ['two columns with the same name', 'email,city,email\n', /Two columns are named email/],
  ])('that is %s is refused with the place and the cause', async (_, input, message) => {
    expect(await complaint(input)).toMatch(message)
  })

  it('is never quoted in an error', async () => {
    const error = await complaint('email,"ZZtop\n')
    expect(error).toContain('never closed')
    expect(error).not.toContain('ZZ')
  })

  const text = fc.string({
    unit: fc.constantFrom('a', 'é', '☕', '"', ',', '\n', '\r\n', ' ', ';'),
  })

  it('is read as it was written, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom('\n', '\r\n'),
        async (table, piece, end) => {
          const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`
          const lines = table.map((row) => ['key', ...row].map(quote).join(','))
          const rows = await read(['id,one,two', ...lines].join(end), piece)
          expect(rows.map(fieldsOf)).toEqual(
            table.map(([one, two]) => ({ id: 'key', ...(one && { one }), ...(two && { two }) })),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('JSON lines', () => {
  it('keep numbers, booleans and lists, and leave out what is null or empty', async () => {
    const rows = await read(
      '{"email":"a@x.example","n":1,"ok":true,"tags":["a"],"x":null,"y":""}\n\n{"email":"b"}',
    )
    expect(rows.map(({ line }) => line)).toEqual([1, 3])
    expect(rows.map(fieldsOf)).toEqual([
      { email: 'a@x.example', n: 1, ok: true, tags: ['a'] },
      { email: 'b' },
    ])
  })

  it.each([
    ['{"email":', 'the line is not JSON'],
    ['[1]', 'the line is not a JSON object'],
    ['null', 'the line is not a JSON object'],
    ['{"city":{"name":"Bonn"}}', 'city is neither text'],
    ['{"city":[[1]]}', 'city is neither text'],
  ])('report a bad line %s by its number, and go on', async (line, flaw) => {
    const rows = await read(`{"email":"a"}\n${line}\n{"email":"b"}`)
    expect(rows).toMatchObject([
      { line: 1 },
      { line: 2, flaw: expect.stringContaining(flaw) as string },
      { line: 3 },
    ])
  })

  it('are read as they were written, however they are cut', async () => {
    const value = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.boolean(), fc.integer())
    const object = fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 64 }),
        async (objects, piece) => {
          const rows = await read(objects.map((each) => JSON.stringify(each)).join('\n'), piece)
          expect(rows.map((row) => JSON.stringify(fieldsOf(row)))).toEqual(
            objects.map((each) => JSON.stringify(each)),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('bytes', () => {
  it.each(['missing.csv', '.'])(
    'of %s cannot be read, and the reason is reported',
    async (name) => {
      await expect(openInputFile(join(tempDir(), name))).rejects.toMatchObject({
        code: 'input_unusable',
        detail: expect.stringMatching(/ENOENT|EISDIR/) as string,
      })
    },
  )

  it('are counted as they are read', async () => {
    for (const input of ['email\na@x.example\nb@x.example\n', '{"email":"a"}\n{"email":"b"}\n']) {
      const behind = (await read(input)).map((row) => row.fractionRead ?? NaN)
      expect(behind[0]).toBeLessThan(1)
      expect(behind[1]).toBeCloseTo(1)
    }
  })
})
