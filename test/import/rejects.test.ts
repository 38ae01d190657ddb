/** The rejects file: text that is not a row is kept unchanged, and is a row once it is corrected. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
    list: () => readdirSync(dir).sort(),
    run: (file = name, ...args: string[]) => runImport([path(file), ...args], env),
  }
}

const REPORT = 'import_line,import_reason,import_error_code,import_request_id'

describe('the text of a damaged row', () => {
  const BAD = ['a@x.example,"Ann,Lee', 'b@x.example,Bo', 'c@x.example,"Jr. ""C""",Lee,more']

  it('is unchanged in the rejects file, even the second time, and is a row when it is corrected', async () => {
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

  it('stands in a file with the delimiter, line ends and byte order mark of the input', async () => {
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

  it('of JSON lines is in a separate field, and is read as the row', async () => {
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
    'that may hold a secret is left out of the rejects of %s, and it is reported',
    async (name, input) => {
      const { run, read } = await start(input, name)
      await run(name, '--mode', 'password', '--dry-run')
      const rejects = read(name.replace('.', '.rejects.dry-run.'))
      expect(rejects).not.toContain('Marked')
      expect(rejects).toContain('left out without --rejects-with-secrets')
    },
  )
})

describe('correcting rejects', () => {
  const GOOD = 'a@x.example,Ann,Lee'
  const BAD = ['b@x.example,,Lee', 'c@x.example,Cy,"Lee', 'd@x.example,Di,Lee,more']
  const CORRECTED = ['b@x.example,Bo,Lee', 'c@x.example,Cy,Lee', 'd@x.example,Di,Lee']
  const ALL = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@x.example`)
  const input = (rows: readonly string[]): string =>
    [HEADER, GOOD, ...rows, 'e@x.example,Ed,Lee', ''].join('\n')
  const correct = (text: string): string =>
    text.replace(',,Lee', ',Bo,Lee').replace('"Lee', 'Lee').replace(',more', '')
  const rejected = (text: string): string[] =>
    [...text.matchAll(/^\d,.*?([a-z])@x/gm)].map(([, name]) => name ?? '')

  it('works in the rejects file: rows imported from it are not in the next one', async () => {
    const { run, read, write, logins, list } = await start(input(BAD))
    await run('users.csv', '--limit', '2')
    expect(rejected(read('users.rejects.csv'))).toEqual(['b'])
    await run()
    write('users.rejects.csv', correct(read('users.rejects.csv')))
    expect((await run('users.rejects.csv')).code).toBe(0)
    expect(logins()).toEqual(ALL)
    const again = await run()
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('3 already there')])
    // None of them was in Okta before, and files that were only read are unchanged.
    expect(list()).toEqual([
      'users.csv',
      'users.csv.journal',
      'users.rejects.csv',
      'users.rejects.csv.journal',
      'users.rejects.csv.sha256',
    ])
  })

  it('works in the input: rows corrected in place leave the rejects file', async () => {
    const { run, read, write, logins, list } = await start(input(BAD))
    await run()
    write('users.csv', input([CORRECTED[0] ?? '', ...BAD.slice(1)]))
    expect((await run('users.csv', '--limit', '1')).code).toBe(1)
    expect(rejected(read('users.rejects.csv'))).toEqual(['c', 'd'])
    write('users.csv', input(CORRECTED))
    expect((await run()).code).toBe(0)
    expect(logins()).toEqual(ALL)
    expect(list()).toEqual(['users.csv', 'users.csv.journal'])
  })

  it('works both ways, in any order, and keeps what a person has changed', async () => {
    const { run, read, write, logins, okta } = await start(input(BAD))
    await run()
    write('users.rejects.csv', correct(read('users.rejects.csv')).replace('Di', ''))
    const kept = read('users.rejects.csv')
    const { stderr } = await run('users.csv', '--limit', '1')
    expect(stderr).toMatch(/users\.rejects\.csv was changed or imported.*users\.rejects\.2\.csv/)
    expect(read('users.rejects.csv')).toBe(kept)
    expect(rejected(read('users.rejects.2.csv'))).toEqual(['b', 'c', 'd'])
    await run('users.rejects.csv')
    write('users.csv', input([...CORRECTED.slice(0, 2), BAD[2] ?? '']))
    await run()
    expect(rejected(read('users.rejects.2.csv'))).toEqual(['d'])
    expect(read('users.rejects.csv')).toBe(kept)
    write(
      'users.rejects.rejects.csv',
      read('users.rejects.rejects.csv').replace(',,Lee', ',Di,Lee'),
    )
    expect((await run('users.rejects.rejects.csv')).code).toBe(0)
    expect((await run()).code).toBe(0)
    expect(logins()).toEqual(ALL)
    expect(okta.creates()).toHaveLength(ALL.length)
  })

  it('sends a row that Okta refused again once it has changed, or may have another secret', async () => {
    const header = `${HEADER},password`
    let isStrict = true
    const refuse = ({ firstName }: Record<string, unknown>): [number, object] | undefined =>
      isStrict && firstName === 'Bo' ? [400, { errorCode: 'E0000001', errorCauses: [] }] : undefined
    const { run, read, logins, okta } = await start(
      `${header}\na@x.example,Ann,Lee,secret1\nb@x.example,Bo,Lee,secret2\n`,
      'users.csv',
      { refuse },
    )
    await run('users.csv', '--mode', 'password')
    expect(rejected(read('users.rejects.csv'))).toEqual(['b'])
    isStrict = false
    expect((await run('users.csv', '--mode', 'password')).code).toBe(0)
    expect(logins()).toEqual(['a@x.example', 'b@x.example'])
    expect(okta.creates()).toHaveLength(3)
  })

  it('loses no reject in a run that stops before it has read what the previous run read', async () => {
    const { run, read, write } = await start(input(BAD))
    await run()
    const before = read('users.rejects.csv')
    write('users.csv', input(BAD).replace('Ann', 'Other'))
    const { code, stderr } = await run()
    expect([code, stderr]).toEqual([2, expect.stringContaining('Row 1 (line 2) has changed')])
    expect(read('users.rejects.csv')).toBe(before)
  })

  it('keeps a file that was imported unchanged: the journal of that import knows its rows', async () => {
    const { run, read, write } = await start(input(BAD))
    await run()
    const before = read('users.rejects.csv')
    await run('users.rejects.csv')
    write('users.csv', input([CORRECTED[0] ?? '', ...BAD.slice(1)]))
    await run()
    expect(read('users.rejects.csv')).toBe(before)
    expect(rejected(read('users.rejects.2.csv'))).toEqual(['c', 'd'])
    expect((await run('users.rejects.csv')).stderr).not.toContain('has changed since')
  })

  it('is not affected by a dry run', async () => {
    const { run, read } = await start(input(BAD), 'users.csv', {
      refuse: ({ login }) => (login === 'e@x.example' ? [400, { errorCode: 'E1' }] : undefined),
    })
    await run()
    const before = read('users.rejects.csv')
    expect(rejected(before)).toContain('e')
    await run('users.csv', '--dry-run')
    expect(read('users.rejects.csv')).toBe(before)
    expect(rejected(read('users.rejects.dry-run.csv'))).toEqual(['b', 'c', 'd'])
  })

  it('is not confused by skipped lines, nor by those of a swallowed row', async () => {
    const shut = ['b@x.example,Bo,"Lee', 'c@x.example,Cy,Lee"', ',,']
    const { run, read, write, logins } = await start(input(shut))
    await run()
    expect(read('users.rejects.csv')).toContain('goes on to line 4')
    write('users.csv', input([...CORRECTED.slice(0, 2), ',,']))
    expect((await run()).code).toBe(0)
    expect(logins()).toEqual(['a', 'b', 'c', 'e'].map((name) => `${name}@x.example`))
  })
})
