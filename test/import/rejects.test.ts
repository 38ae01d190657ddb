/** The rejects file: the text of what is no row is kept as it stands, and is a row once it is corrected. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeOkta, type FakeOptions } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { tempDir } from '../support/temp.ts'

const HEADER = 'email,firstName,lastName'

const start = async (input: string | Buffer, name = 'users.csv', options?: FakeOptions) => {
  const okta = await startFakeOkta(options)
  const dir = tempDir()
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
  const path = (file: string): string => join(dir, basename(file))
  writeFileSync(path(name), input)
  return {
    okta,
    logins: () => [...okta.users.keys()].sort(),
    read: (file: string): string => readFileSync(path(file), 'utf8'),
    write: (file: string, text: string) => writeFileSync(path(file), text),
    run: (file = name, ...args: string[]) => runImport([path(file), ...args], env),
  }
}

const REPORT = 'import_line,import_reason,import_error_code,import_request_id'

describe('the text of a damaged row', () => {
  const BAD = ['a@x.example,"Ann,Lee', 'b@x.example,Bo', 'c@x.example,"Jr. ""C""",Lee,more']

  it('is in the rejects file as it stands, twice even, and is a row when it is corrected', async () => {
    const { run, read, write, logins } = await start([HEADER, ...BAD, ''].join('\n'))
    expect((await run()).code).toBe(1)
    const [head, ...rows] = read('users.rejects.csv').trimEnd().split('\n')
    expect(head).toBe(`${REPORT},${HEADER}`)
    expect(rows.map((row) => row.replace(/^\d,[^,]*,,,/, ''))).toEqual(BAD)
    await run('users.rejects.csv')
    const again = read('users.rejects.rejects.csv').trimEnd().split('\n')
    expect(again[0]).toBe(head)
    expect(again.slice(1).map((row) => row.replace(/^\d,[^,]*,,,/, ''))).toEqual(BAD)
    const corrected = again
      .join('\n')
      .replace('"Ann', 'Ann')
      .replace('Bo', 'Bo,Lee')
      .replace(',more', '')
    write('corrected.csv', corrected)
    expect((await run('corrected.csv')).code).toBe(0)
    expect(logins()).toEqual(['a@x.example', 'b@x.example', 'c@x.example'])
  })

  it('has the delimiter, the line ends and the mark of the input around it', async () => {
    const lines = [HEADER, 'a@x.example,"A, ""B""",', BAD[0], ''].map((line) =>
      line?.replaceAll(',', ';'),
    )
    const { run, read } = await start('\uFEFF' + lines.join('\r\n'))
    await run()
    const report = REPORT.replaceAll(',', ';')
    expect(read('users.rejects.csv').split('\r\n')).toEqual([
      `\uFEFF${report};${lines[0]}`,
      '2;lastName is missing;;;a@x.example;"A; ""B""";',
      `3;a quote is opened and never closed;;;${lines[2]}`,
      '',
    ])
  })

  it('of JSON lines is in a field of its own, and is read as the row', async () => {
    const { run, read, write, logins } = await start(
      '{"email":"a@x.example","firstName":"A","lastName":"Lee"}\n{"email":"b@x.example","firstName":"B","lastName":Lee}\n',
      'users.jsonl',
    )
    await run()
    const reject = JSON.parse(read('users.rejects.jsonl')) as Record<string, unknown>
    expect(reject).toMatchObject({
      import_line: 2,
      import_reason: 'the line is not JSON',
      import_raw: '{"email":"b@x.example","firstName":"B","lastName":Lee}',
    })
    const corrected = String(reject['import_raw']).replace(':Lee', ':"Lee"')
    write('users.rejects.jsonl', JSON.stringify({ ...reject, import_raw: corrected }))
    expect((await run('users.rejects.jsonl')).code).toBe(0)
    expect(logins()).toEqual(['a@x.example', 'b@x.example'])
  })

  it.each([
    ['users.csv', `${HEADER},password\nb@x.example,B,Lee,"Marked\n`],
    ['users.jsonl', '{"email":"a"}\n{"email":"b@x.example","password":"Marked}\n'],
  ])(
    'that may hold a secret is left out of the rejects of %s, and it is told',
    async (name, input) => {
      const { run, read } = await start(input, name)
      await run(name, '--mode', 'password', '--dry-run')
      const rejects = read(name.replace('.', '.rejects.'))
      expect(rejects).not.toContain('Marked')
      expect(rejects).toContain('left out without --rejects-with-secrets')
    },
  )
})
