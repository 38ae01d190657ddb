/** `okta-migrate import` with the org's own schema: read, not granted, or no org at all. */
import Database from 'better-sqlite3'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts'
import type { SchemaSettings } from '../../src/sandbox/org/schema.ts'
import type { Scope } from '../../src/sandbox/org/tokens.ts'
import { startCommand, type Ended } from '../support/command.ts'
import { startFakeOkta } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

/** r10's attributes. */
const TYPED: SchemaSettings = {
  definitions: {
    custom: {
      properties: {
        isVip: { type: 'boolean' },
        age: { type: 'integer' },
        colors: { type: 'array', items: { type: 'string', enum: ['Blue', 'Yellow'] } },
      },
    },
  },
}

const withLogins = (pattern: string, minLength: number): SchemaSettings => ({
  definitions: { base: { properties: { login: { pattern, minLength } } } },
})

const startOrg = async (options: SandboxOptions = {}, scopes: readonly Scope[] = []) => {
  const keys = [publicKey.export({ format: 'jwk' })]
  const apps = [{ clientId: 'app', keys, scopes, requiresDpop: true }]
  const org = await startTestSandbox({ ...options, apps })
  const env = { OKTA_ORG_URL: org.url, OKTA_API_TOKEN: TOKEN }
  const asApp = { OKTA_ORG_URL: org.url, OKTA_CLIENT_ID: 'app', OKTA_PRIVATE_KEY: PEM }
  return { org, env, asApp }
}

const field = (name: string): string => {
  const file = join(tempDir(), name)
  copyFileSync(new URL(`../field/${name}`, import.meta.url), file)
  return file
}

const written = (text: string, name = 'users.csv'): string => {
  const file = join(tempDir(), name)
  writeFileSync(file, text)
  return file
}

const rejectsOf = (file: string): string =>
  readFileSync(file.replace('.csv', '.rejects.csv'), 'utf8')

const profilesOf = (org: Sandbox): unknown[] => [...org.users()].slice(1).map((u) => u.profile)

/** Runs the command as a person does. */
const run = (args: readonly string[], env: Record<string, string>): Promise<Ended> =>
  startCommand(['import', ...args], env).ended

const RUNS: readonly (readonly [name: string, options: readonly string[]])[] = [
  ['real', []],
  ['dry', ['--dry-run']],
]

const GRANT = /The org's schema was not read\..*Grant the service app okta\.schemas\.read/

describe('r10: typed values', () => {
  const ANN = {
    login: 'ann@example.com',
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
  }

  it('are sent with the types of the schema', async () => {
    const { org, env } = await startOrg({ schema: TYPED })
    const file = field('r10-typed.csv')
    const dry = await run([file, '--print'], env)
    expect([dry.code, JSON.parse(dry.stdout)]).toMatchObject([
      0,
      { body: { profile: { age: 42 } } },
    ])
    expect(dry.stderr).not.toContain('was not read')
    expect(await run([file], env)).toMatchObject({ code: 0 })
    expect(profilesOf(org)).toMatchObject([
      { ...ANN, isVip: true, age: 42, colors: ['Blue', 'Yellow'] },
    ])
  })

  it('are text to a service app without the scope, and the warning says why Okta refuses them', async () => {
    const { asApp } = await startOrg({ schema: TYPED }, ['okta.users.manage'])
    const file = field('r10-typed.csv')
    const { code, stderr } = await run([file], asApp)
    expect([code, stderr]).toEqual([1, expect.stringMatching(GRANT)])
    expect(stderr).toContain('invalid_scope')
    expect(rejectsOf(file)).toContain('isVip: Must be of type boolean')
  })

  it('need two scopes where the user type is not the default one', async () => {
    const userTypes = [{ name: 'contractor', schema: TYPED }]
    const scopes: Scope[] = ['okta.users.manage', 'okta.schemas.read', 'okta.userTypes.read']
    const { org, asApp } = await startOrg({ userTypes }, scopes)
    const typeId = org.userTypes[1]?.id ?? ''
    const file = field('r10-typed.csv')
    expect((await run([file, '--dry-run'], asApp)).stderr).toMatch(/"isVip" is no attribute/)
    expect(await run([file, '--user-type', typeId], asApp)).toMatchObject({ code: 0 })
    expect(profilesOf(org)).toMatchObject([{ isVip: true }])
    const wrong = await run([field('r10-typed.csv'), '--user-type', 'otyNone'], asApp)
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('otyNone') as string })
    const [last] = org.calls().slice(-1)
    expect(last?.path).toContain('/meta/types/user/otyNone')
  })

  it('are rejected by attribute and column if they are wrong, and never quoted', async () => {
    const { org, env } = await startOrg({ schema: TYPED })
    const file = written(
      'email,firstName,lastName,VIP,age,colors\n' +
        'a@x.example,A,B,perhaps,forty,Blue\n' +
        'b@x.example,A,B,no,7,Blue | Yellow\n' +
        'c@x.example,A,B,no,7,Blue|Mauve\n',
    )
    const options = ['--map', 'isVip=VIP', '--array-separator', '|', '--json']
    expect((await runImport([file, ...options], env)).code).toBe(1)
    const [, first, second] = rejectsOf(file).split('\n')
    expect(first).toMatch(
      /^2,"isVip \(VIP\) must be y\/n, .* or 1\/0; age must be a whole number",,,a@x/,
    )
    expect(second).toMatch(/^4,"colors has an item that is not one of .*: Blue, Yellow",,,c@x/)
    expect(profilesOf(org)).toMatchObject([{ isVip: false, age: 7, colors: ['Blue', 'Yellow'] }])
  })

  it('of a database are read according to the schema', async () => {
    const { org, env } = await startOrg({ schema: TYPED })
    const dir = tempDir()
    const db = new Database(join(dir, 'legacy.sqlite'))
    db.exec(`CREATE TABLE u (mail TEXT, vip INTEGER, age TEXT, colors TEXT, number INTEGER);
      INSERT INTO u VALUES ('ann@example.com', 1, '42', '["Blue"]', 7)`)
    db.close()
    const sql =
      `SELECT mail AS email, 'Ann' AS "firstName", 'Lee' AS "lastName", vip AS "isVip", age, colors, ` +
      `number AS "employeeNumber" FROM u ORDER BY mail`
    const paths = ['--journal', join(dir, 'j'), '--rejects', join(dir, 'r'), '--json']
    const legacy = { LEGACY_DB_URL: `sqlite:${join(dir, 'legacy.sqlite')}`, LEGACY_USERS_SQL: sql }
    expect((await runImport(paths, { ...env, ...legacy })).code).toBe(0)
    const typed = { isVip: true, age: 42, colors: ['Blue'], employeeNumber: '7' }
    expect(profilesOf(org)).toMatchObject([{ ...ANN, ...typed }])
  })

  it('of JSON keep their types', async () => {
    const { org, env } = await startOrg({ schema: TYPED })
    const row = { ...ANN, isVip: false, age: 7, colors: ['Blue'], employeeNumber: 12 }
    const file = written(JSON.stringify(row), 'users.jsonl')
    expect((await runImport([file, '--json'], env)).code).toBe(0)
    expect(profilesOf(org)).toMatchObject([{ ...row, employeeNumber: '12' }])
  })
})

describe('r09: columns that the org does not have', () => {
  it.each(RUNS)('are reported before the first row of a %s run', async (_, options) => {
    const { org, env } = await startOrg()
    const file = field('r09-unknown-attribute.csv')
    const { code, stderr } = await run([file, ...options], env)
    expect(code).toBe(2)
    expect(stderr).toContain('"id" is no attribute of a profile in this org')
    expect(stderr).toContain('"is_active" is no attribute of a profile in this org: say --ignore')
    expect(org.calls().map(({ method }) => method)).toEqual(['GET'])
    expect(existsSync(`${file}.journal`)).toBe(false)
    expect(await run([file, '--ignore', 'id,is_active'], env)).toMatchObject({ code: 0 })
  })

  it('are left to Okta where the token may not read the schema', async () => {
    const tokens = [{ scheme: 'Bearer', token: 'few', scopes: ['okta.users.manage'] }] as const
    const { org } = await startOrg({ tokens })
    const file = field('r09-unknown-attribute.csv')
    const env = { OKTA_ORG_URL: org.url, OKTA_ACCESS_TOKEN: 'few' }
    const { code, stderr } = await run([file], env)
    expect([code, stderr]).toEqual([1, expect.stringMatching(GRANT)])
    expect(rejectsOf(file)).toContain("Property name 'id' is not defined in profile")
  })

  it('of JSON lines are reported by the row that has them', async () => {
    const { org, env } = await startOrg()
    const ann = '{"email":"ann@x.example","firstName":"Ann","lastName":"Lee"'
    const file = written(
      `${ann}}\n${ann.replaceAll('ann@', 'bob@')},"is_active":true}\n`,
      'u.jsonl',
    )
    const { code } = await runImport([file, '--json'], env)
    expect([code, profilesOf(org).length]).toEqual([1, 1])
    const rejects = readFileSync(file.replace('.jsonl', '.rejects.jsonl'), 'utf8')
    expect(rejects).toContain('is no attribute of a profile in this org')
  })
})

describe('r03: logins that are not e-mail addresses', () => {
  it.each([
    ['.+', 4],
    ['[a-zA-Z0-9]+', 1],
  ])('are sent where the org accepts them, by %s', async (pattern, minLength) => {
    const { org, env } = await startOrg({ schema: withLogins(pattern, minLength) })
    expect(await run([field('r03-username.csv')], env)).toMatchObject({ code: 0 })
    expect(profilesOf(org)).toMatchObject([{ login: 'jsmith' }, { login: '4711' }])
  })

  it('are sent with a Windows domain in front', async () => {
    const { org, env } = await startOrg({ schema: withLogins('.+', 4) })
    const file = written('login,email,firstName,lastName\nCORP\\mary,m@x.example,Mary,Major\n')
    expect((await runImport([file, '--json'], env)).code).toBe(0)
    expect(profilesOf(org)).toMatchObject([{ login: 'CORP\\mary' }])
  })

  it.each(RUNS)(
    'are reported before the first row of a %s run where the org refuses them',
    async (_, options) => {
      const { org, env } = await startOrg()
      const file = field('r03-username.csv')
      const { code, stdout, stderr } = await run([file, ...options], env)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('The org does not accept logins of this form; nothing was sent.')
      expect(stderr).toContain('In all of the first 2 rows, login is not an e-mail address.')
      expect(stderr).toContain('--map "login=COLUMN"')
      expect(org.calls().map(({ method }) => method)).toEqual(['GET'])
      expect(readdirSync(join(file, '..'))).toEqual(['r03-username.csv'])
    },
  )

  it('among others are rejected one by one', async () => {
    const { org, env } = await startOrg()
    const file = written(
      'login,email,firstName,lastName\na@x.example,a@x.example,A,B\njsmith,j@x.example,J,S\n',
    )
    expect((await runImport([file, '--json'], env)).code).toBe(1)
    expect(rejectsOf(file)).toContain('3,login is not an e-mail address,')
    expect(profilesOf(org)).toHaveLength(1)
  })

  it('are rejected where the schema may not be read, and the warning says so', async () => {
    const { asApp } = await startOrg({ schema: withLogins('.+', 4) }, ['okta.users.manage'])
    const { code, stderr } = await run([field('r03-username.csv')], asApp)
    expect([code, stderr]).toEqual([1, expect.stringMatching(GRANT)])
    expect(stderr).toContain('logins must have the form of an e-mail address')
  })
})

describe('what the org requires', () => {
  const schema: SchemaSettings = {
    definitions: {
      base: { properties: { lastName: { required: false } } },
      custom: { properties: { costCode: { required: true, maxLength: 4 } } },
    },
  }

  it('is taken from its schema, and not from what most orgs require', async () => {
    const { org, env } = await startOrg({ schema })
    const without = written('email,firstName\na@x.example,A\n')
    const { code, stderr } = await runImport([without], env)
    expect(code).toBe(2)
    expect(stderr).toContain('there is no column "costCode", which is required')
    expect(stderr).not.toContain('lastName')
    const file = written('email,firstName,costCode\na@x.example,A,1234\nb@x.example,B,\n')
    expect((await runImport([file, '--json'], env)).code).toBe(1)
    expect(rejectsOf(file)).toContain('3,costCode is missing,')
    expect(profilesOf(org)).toHaveLength(1)
  })
})

describe('a schema that changes between two runs', () => {
  it('leaves the journal usable, and a row that may have been sent is looked up', async () => {
    const text = { type: 'string' }
    const base = { login: text, email: text, firstName: text, lastName: text }
    let age: object = { type: 'integer' }
    const okta = await startFakeOkta({
      schema: () => ({ definitions: { base: { properties: { ...base, age } } } }),
      fault: ({ method, body }) =>
        method === 'POST' && JSON.stringify(body).includes('"age":7') ? '429' : 'none',
    })
    const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'a' }
    const file = written('email,firstName,lastName,age\na@x.example,A,B,7\nb@x.example,A,B,8\n')
    const killed = startCommand(['import', file], env)
    await until('there is a user', () => okta.users.size >= 1)
    killed.child.kill('SIGKILL')
    await killed.ended
    okta.seed('a@x.example', new Date().toISOString())
    age = { type: 'integer', enum: [8] }
    const { code, stdout } = await runImport([file, '--json'], env)
    expect([code, stdout]).toEqual([0, expect.stringContaining('"created":2,') as string])
    const fresh = await runImport([file, '--json', '--journal', `${file}.new`], env)
    expect(fresh.code).toBe(1)
    expect(rejectsOf(file)).toContain('age is not one of the values that the org allows: 8')
  })
})

describe('a dry run without an org', () => {
  it('says that the schema was not checked', async () => {
    const { code, stderr } = await run([field('r10-typed.csv'), '--dry-run'], {})
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /The org's schema was not read\..*: Set OKTA_ORG_URL, and OKTA_API_TOKEN or/,
    )
  })
})
