/** `okta-migrate import` against a tiny Okta: what it sends, prints, stores and refuses. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { startCommand } from '../support/command.ts'
import { startFakeOkta, type FakeOptions } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const HEADER = 'email,firstName,lastName'

const user = (n: number): string => `user${n}@x.example,First${n},Last${n}`

const users = (count: number): string =>
  [HEADER, ...Array.from({ length: count }, (_, i) => user(i + 1))].join('\n') + '\n'

const start = async (input: string, options?: FakeOptions, name = 'users.csv') => {
  const okta = await startFakeOkta(options)
  const dir = tempDir()
  const file = join(dir, name)
  writeFileSync(file, input)
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'the-marked-token' }
  const run = (...args: string[]) => runImport([file, '--json', ...args], env)
  const read = (path: string): string => readFileSync(join(dir, path), 'utf8')
  return { okta, dir, file, env, run, read }
}

interface Summary {
  readonly created: number
  readonly existing: number
  readonly rejected: number
  readonly failed: number
  readonly unsettled: number
  readonly end: string
  readonly next: string
}

const summaryOf = (stdout: string): Summary => {
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Summary & { event: string }
  expect(last.event).toBe('summary')
  return last
}

/** A sandbox, and an input of `test/field/` in a separate directory. */
const startWithField = async (name: string, options: SandboxOptions = {}) => {
  const token = 'marked-token'
  const sandbox = await startSandbox({ ...options, tokens: [{ scheme: 'SSWS', token }] })
  onTestFinished(() => sandbox.close())
  const file = join(tempDir(), name)
  copyFileSync(new URL(`../field/${name}`, import.meta.url), file)
  return { sandbox, file, env: { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: token } }
}

describe('a run', () => {
  it('ends each row in exactly one way, and reports which', async () => {
    const input = users(3) + 'short@x.example,,Lee\nUSER1@X.example,A,B\nbad@x.example,No,Way\n'
    const { okta, run, read } = await start(input, {
      refuse: ({ firstName }) =>
        firstName === 'No'
          ? [400, { errorCode: 'E0000001', errorCauses: [{ errorSummary: 'lastName: "odd", no' }] }]
          : undefined,
    })
    okta.seed('user2@x.example')
    const { code, stdout, stderr } = await run()
    expect(summaryOf(stdout)).toMatchObject({ created: 2, existing: 1, rejected: 2, failed: 1 })
    expect([code, stderr]).toEqual([1, ''])
    const [head, ...lines] = read('users.rejects.csv').trimEnd().split('\n')
    expect(head).toBe(`import_line,import_reason,import_error_code,import_request_id,${HEADER}`)
    expect(lines.sort()).toEqual([
      '5,firstName is missing,,,short@x.example,,Lee',
      '6,login is the same as that of line 2,,,USER1@X.example,A,B',
      expect.stringMatching(
        /^7,"lastName: ""odd"", no",E0000001,req\d+,bad@x\.example,No,Way$/,
      ) as string,
    ])
  })

  it('shows Okta’s own sentence where it names no causes', async () => {
    const { file, env } = await startWithField('r08-policy.csv')
    const { code } = await startCommand(['import', file, '--mode', 'password'], env).ended
    expect(code).toBe(1)
    const rejects = readFileSync(file.replace('.csv', '.rejects.csv'), 'utf8')
    expect(rejects.split('\n')[1]).toMatch(
      /^2,The password does not meet the requirements of the current password policy\.,E0000080,[\w-]+,ann@example\.com,Ann,Lee$/,
    )
  })

  it('does not mistake a shared e-mail address for a user who is there already', async () => {
    const { sandbox, file, env } = await startWithField('r01-shared-email.csv', {
      uniqueEmail: true,
    })
    const { code, stdout } = await runImport([file, '--json'], env)
    expect([code, summaryOf(stdout)]).toMatchObject([1, { created: 1, existing: 0, failed: 1 }])
    const id = [...sandbox.users()].find(
      ({ profile }) => profile['login'] === 'ann@example.com',
    )?.id
    const reason =
      '"login: An object with this field already exists in the current organization; nobody has ' +
      `this login, and the e-mail address belongs to ann@example.com (${id}, ACTIVE)"`
    const rejects = readFileSync(file.replace('.csv', '.rejects.csv'), 'utf8')
    expect(rejects.split('\n')[1]).toContain(`3,${reason},E0000001,`)
  })

  it('in which every row succeeds leaves no rejects and ends with 0', async () => {
    const { okta, run, dir } = await start(users(20))
    expect((await run()).code).toBe(0)
    expect(okta.users.size).toBe(20)
    expect(readdirSync(dir).sort()).toEqual(['users.csv', 'users.csv.journal'])
  })

  it('takes its corrected rejects as its next input', async () => {
    const { run, read, env, dir, okta } = await start(users(1) + 'short@x.example,,Lee\n')
    await run()
    const corrected = join(dir, 'users.rejects.csv')
    writeFileSync(corrected, read('users.rejects.csv').replace(',,Lee', ',Ann,Lee'))
    const { code, stdout } = await runImport([corrected, '--json'], env)
    expect([code, summaryOf(stdout).created]).toEqual([0, 1])
    expect(okta.users.get('short@x.example')?.profile).toEqual({
      login: 'short@x.example',
      email: 'short@x.example',
      firstName: 'Ann',
      lastName: 'Lee',
    })
    expect((await run()).code).toBe(0)
    expect(read('users.rejects.csv')).toContain(',Ann,Lee')
  })

  it('may cover a few rows at first, then more, then the rest', async () => {
    const { okta, run } = await start(users(30))
    const seen: unknown[] = []
    for (const limit of [['--limit', '1'], ['--limit', '10'], []]) {
      const { stdout } = await run(...limit)
      seen.push([summaryOf(stdout).created, summaryOf(stdout).end, okta.users.size])
    }
    expect(seen).toEqual([
      [1, 'limit', 1],
      [11, 'limit', 11],
      [30, 'finished', 30],
    ])
    expect(okta.creates()).toHaveLength(30)
  })

  it('takes standard input, and the legacy database', async () => {
    const { okta, env, dir } = await start('')
    const paths = ['--journal', join(dir, 'j'), '--rejects', join(dir, 'r'), '--json']
    const piped = await runImport(['-', ...paths], env, users(2))
    expect(summaryOf(piped.stdout)).toMatchObject({ created: 2 })
    const again = await runImport(['-', ...paths], env, users(3))
    expect(summaryOf(again.stdout)).toMatchObject({ created: 3 })
    const legacy = join(dir, 'legacy.sqlite')
    const db = new Database(legacy)
    db.exec(`CREATE TABLE u (id INTEGER PRIMARY KEY, mail, first, last, hash);
      INSERT INTO u VALUES (1, 'sql@x.example', 'Ann', 'Lee', '${hashSync('pw', 4)}')`)
    db.close()
    const sql = `SELECT mail AS email, first AS "firstName", last AS "lastName", hash AS password_hash FROM u ORDER BY id`
    const { code } = await runImport(
      ['--mode', 'hash', '--journal', join(dir, 'j2'), '--rejects', join(dir, 'r2')],
      { ...env, LEGACY_DB_URL: `sqlite:${legacy}`, LEGACY_USERS_SQL: sql },
    )
    expect(code).toBe(0)
    expect(okta.creates().at(-1)?.body).toMatchObject({
      credentials: { password: { hash: { algorithm: 'BCRYPT', workFactor: 4 } } },
    })
    expect(okta.users.size).toBe(4)
  })

  it('with hashes ends with the command that imports those whose hash Okta does not take', async () => {
    const input = `email,firstName,lastName,pw\na@x.example,A,B,${hashSync('x', 4)}\nb@x.example,A,B,$1$a$b\n`
    const { okta, run, env } = await start(input)
    const { code, stdout } = await run('--mode', 'hash', '--map', 'password_hash=pw')
    expect(code).toBe(1)
    const { next } = summaryOf(stdout)
    expect(next).toMatch(/^okta-migrate import \S+\.rejects\.csv .*--mode hook$/)
    const suggested = await runImport(next.split(' ').slice(2), env)
    expect([suggested.code, okta.users.size]).toEqual([0, 2])
  })

  it('sends groups, a user type and mapped columns', async () => {
    const { okta, run } = await start('mail,vorname,lastName,team\na@x.example,Ann,Lee,red\n')
    const options = [
      '--map',
      'email=mail,firstName=vorname',
      '--group',
      'g1,g2',
      '--user-type',
      't1',
    ]
    expect((await run(...options, '--mode', 'staged')).code).toBe(0)
    expect(okta.creates()).toEqual([
      {
        method: 'POST',
        path: '/api/v1/users?activate=false',
        body: {
          profile: {
            login: 'a@x.example',
            email: 'a@x.example',
            firstName: 'Ann',
            lastName: 'Lee',
            team: 'red',
          },
          groupIds: ['g1', 'g2'],
          type: { id: 't1' },
        },
      },
    ])
  })

  it('survives faults of every kind, and creates each user once', async () => {
    const kinds = ['lost', 'dropped', 'lost 500', '500', '429'] as const
    const { okta, run } = await start(users(60), {
      fault: ({ method }, n) =>
        method === 'POST' && n % 4 === 0 ? (kinds[n % 5] ?? 'none') : 'none',
    })
    const { stdout } = await run()
    expect(summaryOf(stdout)).toMatchObject({ created: 60, existing: 0, failed: 0, unsettled: 0 })
    expect(okta.users.size).toBe(60)
  })
})

describe('a dry run', () => {
  it('prints the exact requests, sends none, and needs no org', async () => {
    const { okta, file, run, env } = await start(users(2) + 'bad,A,B\n')
    const { code, stdout, stderr } = await runImport([file, '--print'])
    expect(code).toBe(1)
    expect(stderr).toContain('Dry run, nothing was sent')
    expect(okta.calls).toEqual([])
    expect(existsSync(`${file}.journal`)).toBe(false)
    await run()
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(okta.creates())
    expect(env.OKTA_ORG_URL).toBe(okta.url)
  })
})

describe('secrets', () => {
  const MARK = 'Q7ZqMarked7Qz'

  it.each(['hash', 'password', 'recovery', 'password-recovery', 'hook'])(
    'of mode %s are in no output, journal or rejects file',
    async (mode) => {
      const header = `${HEADER},password_hash,password,question,answer`
      const row = (email: string): string =>
        `${email},Ann,Lee,$2b$10$${MARK}notahash,${MARK}pw,Which?,${MARK}answer`
      const input = [header, row('a@x.example'), row('bad'), `${row('c@x.example')},ragged`, '']
      const { run, dir, file, okta } = await start(input.join('\n'), {
        refuse: () => [
          400,
          { errorCode: 'E0000001', errorCauses: [{ errorSummary: `${MARK}pw ${MARK}answer` }] },
        ],
      })
      const outputs = [await run('--mode', mode), await run('--mode', mode, '--dry-run')]
      expect(okta.creates()).toHaveLength(mode === 'hash' ? 0 : 1)
      const left = readdirSync(dir).filter((name) => join(dir, name) !== file)
      expect(left).toContain('users.rejects.csv')
      const all = [
        ...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
        ...left.map((name) => readFileSync(join(dir, name), 'latin1')),
      ].join('\n')
      expect(all).toContain('users.rejects.csv')
      expect(all).not.toContain(MARK)
      expect(all).not.toContain('the-marked-token')
    },
  )

  it('are written to the rejects file where the options ask for it', async () => {
    const { run, read } = await start(`${HEADER},password\nbad,Ann,Lee,${MARK}\n`)
    await run('--mode', 'password', '--rejects-with-secrets')
    expect(read('users.rejects.csv')).toContain(`bad,Ann,Lee,${MARK}`)
  })
})

describe('a run that cannot start sends nothing', () => {
  it.each([
    ['emial,firstName,lastName\n', /"emial" looks like email: say --map "email=emial"/],
    ['email,first_name,lastName\n', /"first_name" looks like firstName/],
    ['email,firstName\n', /there is no column "lastName"/],
    ['', /The input is empty/],
  ])('for the header %j', async (input, message) => {
    const { run, okta } = await start(input)
    const { code, stderr } = await run()
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(okta.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it.each([
    [['--map', 'email=nowhere'], /there is no column "nowhere"/],
    [['--mode', 'hash'], /there is no column "password_hash"/],
    [['--mode', 'magic'], /Allowed choices are hook/],
    [['--limit', '0'], /whole number from 1 to/],
    [['--map', 'email'], /neither NAME=COLUMN nor a file/],
    [['--group', Array.from({ length: 21 }, (_, i) => `g${i}`).join()], /up to 20/],
  ])('with %j', async (options, message) => {
    const { run, okta } = await start(users(1))
    const { code, stderr } = await run(...options)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(okta.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('over its own input', async () => {
    const { run, file } = await start(users(1))
    for (const option of ['--rejects', '--journal']) {
      expect((await run(option, file)).code).toBe(2)
      expect(readFileSync(file, 'utf8')).toBe(users(1))
    }
  })

  it('where Okta does not know the token', async () => {
    const { run, file } = await start(users(1), { fault: () => '401' })
    const { code, stderr } = await run()
    expect(code).not.toBe(0)
    expect(stderr).toContain('token')
    expect(existsSync(`${file}.journal`)).toBe(false)
  })
})

describe('a journal', () => {
  it('belongs to its input: a changed or shortened one is refused before a new row is sent', async () => {
    const { run, file, okta } = await start(users(5))
    await run('--limit', '4')
    writeFileSync(file, users(5).replace('First3', 'Other'))
    const changed = await run()
    expect(changed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Row 3 (line 4) has changed since') as string,
    })
    writeFileSync(file, users(2))
    expect((await run()).stderr).toContain('The input ends after row 2')
    expect((await run('--mode', 'staged')).stderr).toContain('--mode: hook, and now staged')
    expect(okta.users.size).toBe(4)
    writeFileSync(file, users(6))
    expect(summaryOf((await run()).stdout)).toMatchObject({ created: 6 })
  })

  it('is not shared by two runs', async () => {
    const { file, env, run, okta } = await start(users(3), {
      fault: ({ method }) => (method === 'POST' ? '429' : 'none'),
    })
    const first = startCommand(['import', file], env)
    await until('a create call has come', () => okta.creates().length > 0)
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Another run is using this journal') as string,
    })
    first.child.kill('SIGKILL')
    await first.ended
  })
})

describe('a disk that fills', () => {
  it.for(['journal', 'rejects'])(
    'with the %s stops the run, and nothing is lost',
    async (which, { skip }) => {
      const disk = mountSmallDisk(256)
      if (disk === undefined) return skip('a small disk cannot be mounted here')
      const bad = Array.from({ length: 3_000 }, (_, i) => `bad ${i},First,${'x'.repeat(60)}`)
      const { run, okta, file, dir } = await start(users(40) + bad.join('\n'))
      const full = await run(`--${which}`, join(disk, which))
      expect(full).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/(journal|rejects file) cannot be written/) as string,
      })
      expect(summaryOf(full.stdout).end).toBe('stopped')
      const journal = which === 'journal' ? join(disk, which) : `${file}.journal`
      for (const end of ['', '-wal']) {
        if (existsSync(journal + end)) copyFileSync(journal + end, join(dir, `kept${end}`))
      }
      const rest = await run('--journal', join(dir, 'kept'))
      expect(summaryOf(rest.stdout)).toMatchObject({ created: 40, rejected: 3_000, unsettled: 0 })
      expect(okta.creates()).toHaveLength(40)
    },
  )
})

describe('Ctrl-C', () => {
  it('ends a wait for standard input', async () => {
    const { env, dir, okta } = await start('')
    const paths = ['--journal', join(dir, 'j'), '--rejects', join(dir, 'r'), '--json']
    const waiting = startCommand(['import', '-', ...paths], env, null)
    waiting.child.stdin.write(users(3))
    await until('a call has come', () => okta.calls.length > 0)
    await waiting.until(/progress/)
    waiting.child.kill('SIGINT')
    const { code, stdout } = await waiting.ended
    expect([code, summaryOf(stdout).end]).toEqual([130, 'stopped'])
  })

  it('ends a wait for the rate limit', async () => {
    const sandbox = await startSandbox({
      tokens: [{ scheme: 'SSWS', token: 'token' }],
      faults: { rateLimit: 30 },
    })
    onTestFinished(() => sandbox.close())
    const { file, env } = await start(users(100))
    const own = { ...env, OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: 'token' }
    const waiting = startCommand(['import', file, '--share', '100'], own)
    await expect.poll(() => sandbox.calls().length).toBeGreaterThanOrEqual(29)
    waiting.child.kill('SIGINT')
    const { code, stderr } = await waiting.ended
    expect(code).toBe(130)
    expect(stderr).toContain('the work in progress is finished')
  })

  it('lets pending requests finish, prints how to continue, and loses nothing', async () => {
    const { file, env, okta, run } = await start(users(400))
    const first = startCommand(['import', file], env)
    await until('there are 20 users', () => okta.users.size >= 20)
    first.child.kill('SIGINT')
    const { code, stdout } = await first.ended
    expect(code).toBe(130)
    expect(stdout).toContain('the same command continues')
    expect(stdout).toContain(`${okta.users.size} created`)
    expect(summaryOf((await run()).stdout)).toMatchObject({ created: 400 })
    expect(okta.creates()).toHaveLength(400)
  })
})
