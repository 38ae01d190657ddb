/** Files as people have them: each is recognised, or refused with how to convert it. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startFakeOkta } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { fc } from '../support/properties.ts'
import { fieldsOf, openInput, readInput } from '../support/rows.ts'
import { tempDir } from '../support/temp.ts'

const ANN = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' }
const CSV = 'email,firstName,lastName\nann@example.com,Ann,Lee\n'

const start = async (input: string | Buffer, name = 'users.csv') => {
  const okta = await startFakeOkta()
  const file = join(tempDir(), name)
  writeFileSync(file, input)
  return {
    file,
    profiles: () => [...okta.users.values()].map(({ profile }) => profile),
    run: (...args: string[]) =>
      runImport([file, ...args], { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }),
  }
}

const startField = async (name: string) => {
  const started = await start('', name)
  copyFileSync(fileURLToPath(new URL(`field/${name}`, import.meta.url)), started.file)
  return started
}

const SENT = { login: ANN.email, ...ANN }

describe('a file from the field', () => {
  it.each<[string, string[], object]>([
    ['r02-mongoexport.json', [], SENT],
    [
      'r02-mongoexport.json',
      ['--map', 'mongoId=_id.$oid'],
      { ...SENT, mongoId: '5f7c8ec7c33c6c004bbafe82' },
    ],
    [
      'r02-auth0-export.json',
      [
        '--map',
        'firstName=given_name,lastName=family_name,source=identities.0.provider',
        '--ignore',
        'user_id,identities,user_metadata',
      ],
      { ...SENT, source: 'auth0' },
    ],
    ['r04-excel-empty-columns.csv', [], SENT],
    ['r06-null-words.tsv', ['--null', 'NULL,\\N'], SENT],
    ['r07-array.json', [], SENT],
  ])('%s is accepted with %j', async (name, options, profile) => {
    const { run, profiles } = await startField(name)
    expect(await run(...options)).toMatchObject({ code: 0 })
    expect(profiles()).toEqual([profile])
  })

  it('causes a notice about nested values, and about words that mean no value', async () => {
    expect((await (await startField('r02-mongoexport.json')).run('--dry-run')).stderr).toContain(
      '"_id" holds nested values, which are left out',
    )
    const { stderr } = await (await startField('r06-null-words.tsv')).run('--dry-run')
    expect(stderr).toContain('Line 2: mobilePhone is the word \\N, and is used as it is')
    expect(stderr).toContain("add --null 'NULL'")
  })
})

const utf16 = (text: string): Buffer => Buffer.from('\uFEFF' + text, 'utf16le')

describe('a file', () => {
  it.each<[string, string | Buffer]>([
    ['UTF-16, little end first', utf16(CSV)],
    ['UTF-16, big end first', utf16(CSV).swap16()],
    ['gzip', gzipSync(CSV)],
    ['gzip with UTF-16', gzipSync(utf16(CSV))],
    ['CR', CSV.replaceAll('\n', '\r')],
    ['sep=', `sep=;\r\n${CSV.replaceAll(',', ';')}`],
    ['#TYPE', `#TYPE System.Management.Automation.PSCustomObject\r\n${CSV}`],
    ['rows of commas', `${CSV},,\n , ,\u00a0\n,,,\n`.replace(',,,\n', ',,\n')],
    ['blanks', CSV.replace('Ann,Lee', ' Ann\u00a0,\u200bLee\t')],
    ['an array over several lines', JSON.stringify([ANN], null, 2)],
    ['objects over several lines', JSON.stringify(ANN, null, 2)],
    [
      'an object with users',
      JSON.stringify({ realm: { id: 'x' }, users: [ANN], roles: [{ a: 1 }] }),
    ],
    [
      'an object with Users over several lines',
      JSON.stringify({ Users: [ANN], more: [{ a: 1 }] }, null, 2),
    ],
  ])('with %s is accepted', async (_, input) => {
    const { run, profiles } = await start(input)
    expect(await run()).toMatchObject({ code: 0 })
    expect(profiles()).toEqual([SENT])
  })

  it('causes a notice about what was removed and skipped', async () => {
    const { run } = await start(`${CSV.replace('Ann,Lee', ' Ann,Lee ')},,\n`)
    const { stderr } = await run()
    expect(stderr).toContain('Blanks around a value were removed: 2 times.')
    expect(stderr).toContain('Rows without any value were skipped: 1.')
  })

  it('with tabs keeps quotes as text, unless they can be quotes', async () => {
    const rows = await readInput('email\tnick\na\t"Bo" Lee\nb\t5" disk\nc\t"Cy"\nd\t"open\ne\tEd\n')
    expect(rows.map((row) => fieldsOf(row)['nick'])).toEqual([
      '"Bo" Lee',
      '5" disk',
      'Cy',
      '"open',
      'Ed',
    ])
  })

  it('keeps a value without a column name in the rejects', async () => {
    const rows = await readInput('email,city,,\na,Bonn,,\nb,Ulm,x,\nc,Trier\n')
    expect(rows).toMatchObject([
      { line: 2 },
      { flaw: 'it has a value in column 3, which has no name' },
      { line: 4 },
    ])
    expect(fieldsOf(rows[2])).toEqual({ email: 'c', city: 'Trier' })
  })

  it.each<[string, string | Buffer, RegExp]>([
    ['xlsx', 'PK\x03\x04rest', /Excel workbook/],
    ['LDIF', 'version: 1\n\ndn: uid=ann,dc=x\n', /LDIF/],
    ['LDIF without a version', '# users\ndn: uid=ann,dc=x\n', /LDIF/],
    ['SQL', '-- MySQL dump 10.13\nCREATE TABLE users (id int);\n', /SQL dump/],
    ['SQLite', 'SQLite format 3\0', /SQLite/],
    ['XML', '<?xml version="1.0"?>', /XML/],
    ['UTF-16 without a mark', Buffer.from(CSV, 'utf16le'), /UTF-16 without/],
    ['a cut-off gzip', gzipSync(CSV.repeat(99)).subarray(0, 40), /gzip file is damaged/],
  ])('that is %s is refused by name', async (_, input, what) => {
    const { run } = await start(input)
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringMatching(what) as string })
  })

  it('may have columns with commas and equals signs', async () => {
    const { run, profiles } = await start(
      'mail,"Last, First",a=b,"x,""y"""\nann@example.com,Lee,Ann,z\n',
    )
    const { stderr } = await run('--map', 'email=mail')
    expect(stderr).toContain(`--ignore '"x,""y"""'`)
    const options = [
      '--map',
      'email=mail,firstName=a=b,"lastName=Last, First"',
      '--ignore',
      '"x,""y"""',
    ]
    expect(await run(...options)).toMatchObject({ code: 0 })
    expect(profiles()).toEqual([SENT])
  })

  it.each(['email,firstName,lastName\n', '[]', '{"users":[]}'])(
    'without rows causes a failure: %j',
    async (input) => {
      const { run } = await start(input)
      expect(await run()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('The input has no rows') as string,
      })
      expect((await run('--allow-empty')).code).toBe(0)
    },
  )
})

describe('a JSON document', () => {
  it('loses only a damaged object, whose line is reported, however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 9 }),
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom('[\n', '{"id":{"a":[1]},\n"users": [\n'),
        fc.constantFrom('{"email":"bad}', '{"email":bad}', '{"email" "bad\\"}"}'),
        async (at, piece, open, bad) => {
          const objects = Array.from({ length: 10 }, (_, i) =>
            JSON.stringify({ email: `user${i}`, note: '}]"\\', more: [{ b: {} }] }),
          )
          objects[at] = bad
          const close = open.startsWith('[') ? ']' : '], "roles": [{"email":"no"}]}'
          const rows = await readInput(`${open}${objects.join(',\n')}\n${close}`, piece)
          expect(rows).toHaveLength(10)
          const flawed = rows.filter((row) => 'flaw' in row)
          expect(flawed).toMatchObject([{ line: open.split('\n').length + at, number: at + 1 }])
        },
      ),
      { numRuns: 100 },
    )
  })

  it('of many users is read without being kept in memory', async () => {
    const object = JSON.stringify({ ...ANN, pad: 'x'.repeat(1_000) })
    const source = await openInput(
      `[${Array.from({ length: 20_000 }, () => object).join(',')}]`,
      65_536,
    )
    let count = 0
    for (let next = await source.rows.next(); !next.done; next = await source.rows.next()) count++
    expect(count).toBe(20_000)
  })
})
