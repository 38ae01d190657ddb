/** The environment: every problem at once, each with its fix, and no secret in any of them. */
import { execFileSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readText } from '../../src/commands/context.ts'
import { SERVE } from '../../src/commands/serve/settings.ts'
import { loadSettings, type Environment } from '../../src/config/load.ts'
import { describeValues, describeVariables } from '../../src/config/variables.ts'
import { AppError } from '../../src/errors/errors.ts'
import { makeTempDir, removeDir } from '../support/temp.ts'

const SECRET = 'Basic b2t0YTpvbmx5LWZvci10ZXN0cw=='
const COMPLETE = { HOOK_SECRET: SECRET, LEGACY_DB_URL: 'sqlite:/data/legacy.sqlite' }
const OAUTH = {
  HOOK_OAUTH_ISSUER: 'https://acme.okta.com/oauth2/default',
  HOOK_OAUTH_AUDIENCE: 'api://default',
  HOOK_OAUTH_CLIENT_ID: '0oa1hook',
  HOOK_OAUTH_SCOPE: 'hook.call',
}
const PRODUCTION = { ...COMPLETE, NODE_ENV: 'production' }

const load = (env: Environment, files: Readonly<Record<string, string>> = {}) =>
  loadSettings(SERVE, env, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error('ENOENT')
    return text
  })

/** The lines of the error about an environment. */
const complaint = (env: Environment, files?: Readonly<Record<string, string>>): string => {
  try {
    load(env, files)
  } catch (err) {
    if (err instanceof AppError && err.code === 'config_invalid') return err.detail ?? ''
    throw err
  }
  return 'no complaint'
}

describe('a valid environment', () => {
  it('has the documented defaults', () => {
    const { settings, values } = load(COMPLETE)
    expect(settings.kind).toBe('server')
    expect(values).toMatchObject({
      HOOK_AUTH_HEADER: 'authorization',
      HOOK_DEADLINE_MS: 2500,
      HOST: '127.0.0.1',
      PORT: 3000,
      GUESS_LIMIT: 10,
      GUESS_WINDOW_MINUTES: 15,
      LOG_LEVEL: 'info',
      LOG_LOGINS: 'fingerprint',
      TLS_TERMINATED_BY_PROXY: false,
    })
    expect(values.HASH_WORKERS).toBeGreaterThan(0)
    expect(Object.isFrozen(values)).toBe(true)
  })

  it('treats empty variables as unset, and accepts header names in any case', () => {
    const { values } = load({ ...COMPLETE, PORT: '', HOOK_AUTH_HEADER: 'X-Hook-Secret' })
    expect(values).toMatchObject({ PORT: 3000, HOOK_AUTH_HEADER: 'x-hook-secret' })
  })

  it('reads NAME_FILE, without the line ending of the file', () => {
    const { values } = load(
      { LEGACY_DB_URL: COMPLETE.LEGACY_DB_URL, HOOK_SECRET_FILE: '/run/secrets/hook' },
      { '/run/secrets/hook': `${SECRET}\n` },
    )
    expect(values.HOOK_SECRET).toBe(SECRET)
  })

  it('treats an empty file as no previous secret, but as an error for any other variable', () => {
    const { values } = load({ ...COMPLETE, HOOK_SECRET_PREVIOUS_FILE: '/empty' }, { '/empty': '' })
    expect(values.HOOK_SECRET_PREVIOUS).toBeUndefined()
    for (const name of ['FINGERPRINT_KEY', 'LEDGER_DB_URL', 'OKTA_ORG_URL']) {
      expect(complaint({ ...COMPLETE, [`${name}_FILE`]: '/empty' }, { '/empty': '' })).toMatch(name)
    }
  })

  it('is the demo only when nothing is configured', () => {
    expect(load({}).settings.kind).toBe('demo')
    expect(complaint({ HOOK_SECRET: SECRET })).toMatch(/^ {2}LEGACY_DB_URL is missing/)
    expect(complaint({ LEGACY_DB_URL: 'sqlite:x' })).toMatch(/^ {2}HOOK_SECRET is missing/)
    expect(complaint({ HOST: '0.0.0.0', NODE_ENV: 'test' })).toMatch(
      /HOST must be a loopback address in demo mode/,
    )
  })

  it.each(['production', 'Production', ' PRODUCTION ', 'prod', 'staging', 'developement', 'dev'])(
    'is production with NODE_ENV=%s',
    (env) => {
      expect(complaint({ NODE_ENV: env })).toMatch(/no demo mode in production/)
      expect(complaint({ ...COMPLETE, NODE_ENV: env, HOOK_SECRET: 'short' })).toMatch(/too short/)
      expect(complaint({ ...COMPLETE, NODE_ENV: env, HOST: '0.0.0.0' })).toMatch(/plain HTTP/)
    },
  )

  it.each(['development', 'test', 'Development', 'TEST '])('is not production with %s', (env) => {
    expect(load({ NODE_ENV: env }).settings.kind).toBe('demo')
    const weak = { ...COMPLETE, NODE_ENV: env, HOOK_SECRET: 'short', HOST: '0.0.0.0' }
    expect(complaint(weak)).toBe('no complaint')
  })

  it('is production by default where HOST is public, but not on this machine alone', () => {
    expect(complaint({ HOST: '::' })).toMatch(/no demo mode in production, on a public HOST/)
    expect(complaint({ ...COMPLETE, HOST: '10.0.0.7' })).toMatch(/plain HTTP/)
    expect(complaint({ ...COMPLETE, HOOK_SECRET: 'short', HOST: '0.0.0.0' })).toMatch(/too short/)
    expect(complaint({ ...COMPLETE, HOOK_SECRET: 'short', HOST: 'localhost' })).toBe('no complaint')
  })

  it.each([
    { HOST: '127.0.0.1' },
    { HOST: '::1' },
    OAUTH,
    { ...OAUTH, HOOK_SECRET: '', FINGERPRINT_KEY: 'k'.repeat(16) },
    { ...OAUTH, HOOK_SECRET: '', FINGERPRINT_KEY: 'k'.repeat(16), LOG_LOGINS: 'plain' },
    { ...OAUTH, HOOK_OAUTH_ISSUER: 'https://login.acme.example/oauth2/aus1' },
    { ...OAUTH, HOOK_OAUTH_ISSUER: 'https://acme.example' },
    { ...OAUTH, HOOK_OAUTH_JWKS_URL: 'https://acme.okta.com/oauth2/default/v1/keys' },
    { HOST: '0.0.0.0', TLS_TERMINATED_BY_PROXY: 'true' },
    { HOST: '0.0.0.0', TLS_CERT_FILE: '/tls/cert.pem', TLS_KEY_FILE: '/tls/key.pem' },
  ])('may be production with %j', (env) => {
    expect(complaint({ ...PRODUCTION, ...env })).toBe('no complaint')
  })
})

describe('an invalid environment', () => {
  it.each<[variable: string, env: Environment]>([
    ['HOOK_SECRET', { ...COMPLETE, HOOK_SECRET: ' padded' }],
    ['HOOK_SECRET', { ...COMPLETE, HOOK_SECRET: 'grüße' }],
    ['HOOK_SECRET', { ...PRODUCTION, HOOK_SECRET: 'short' }],
    ['EVENT_HOOK_SECRET', { ...COMPLETE, EVENT_HOOK_SECRET: 'x'.repeat(31) }],
    ['EVENT_HOOK_SECRET', { ...COMPLETE, EVENT_HOOK_SECRET: SECRET }],
    [
      'EVENT_HOOK_SECRET',
      { ...COMPLETE, HOOK_SECRET_PREVIOUS: 'x'.repeat(32), EVENT_HOOK_SECRET: 'x'.repeat(32) },
    ],
    ['EVENT_HOOK_SECRET', { ...COMPLETE, EVENT_HOOK_SECRET: 'x'.repeat(32), LEDGER_DB_URL: 'off' }],
    ['HOOK_SECRET_PREVIOUS', { ...PRODUCTION, HOOK_SECRET_PREVIOUS: 'short' }],
    ['HOOK_SECRET', { NODE_ENV: 'production' }],
    ['LEGACY_DB_URL', { NODE_ENV: 'production' }],
    ['LEGACY_DB_URL', { ...COMPLETE, LEGACY_DB_URL: 'oracle://localhost/legacy' }],
    ['LEGACY_DB_POOL', { ...COMPLETE, LEGACY_DB_POOL: '0' }],
    ['LEGACY_DB_CA', { ...COMPLETE, LEGACY_DB_CA: '/ca.pem' }],
    ['TLS_TERMINATED_BY_PROXY', { ...PRODUCTION, HOST: '0.0.0.0' }],
    ['TLS_TERMINATED_BY_PROXY', { ...PRODUCTION, HOST: '192.168.0.7' }],
    ['TLS_TERMINATED_BY_PROXY', { ...COMPLETE, TLS_TERMINATED_BY_PROXY: 'perhaps' }],
    ['TLS_KEY_FILE', { ...COMPLETE, TLS_CERT_FILE: '/tls/cert.pem' }],
    ['TLS_CERT_FILE', { ...COMPLETE, TLS_KEY_FILE: '/tls/key.pem' }],
    ['HOOK_AUTH_HEADER', { ...COMPLETE, HOOK_AUTH_HEADER: 'two words' }],
    ['OPS_ALLOWED_HOSTS', { ...COMPLETE, OPS_ALLOWED_HOSTS: 'hook.example.com:9464' }],
    ['OPS_ALLOWED_HOSTS', { ...COMPLETE, OPS_ALLOWED_HOSTS: 'https://hook.example.com' }],
    ['OPS_ALLOWED_HOSTS', { ...COMPLETE, OPS_ALLOWED_HOSTS: '[2001:db8::7]' }],
    ...Object.keys(OAUTH).map((name): [string, Environment] => [
      name,
      { ...COMPLETE, ...OAUTH, [name]: '' },
    ]),
    ...[
      'acme.okta.com/oauth2/default',
      'http://acme.okta.com/oauth2/default',
      'https://acme.okta.com/oauth2/default?',
      'https://acme.okta.com/oauth2/default#x',
      'https://acme:okta@acme.okta.com/oauth2/default',
      'https://acme.okta.com',
      'https://acme.okta.com/',
      'https://acme.oktapreview.com',
      'https://acme.okta-emea.com',
      'https://acme.okta-gov.com',
      'https://acme.okta.mil',
      'https://acme.okta.com/oauth2/v1/token',
      'https://acme.okta.com/oauth2/default/',
    ].map((issuer): [string, Environment] => [
      'HOOK_OAUTH_ISSUER',
      { ...COMPLETE, ...OAUTH, HOOK_OAUTH_ISSUER: issuer },
    ]),
    [
      'HOOK_OAUTH_ISSUER',
      {
        ...COMPLETE,
        ...OAUTH,
        HOOK_OAUTH_ISSUER: 'https://login.acme.example',
        OKTA_ORG_URL: 'https://login.acme.example',
      },
    ],
    ['HOOK_OAUTH_ISSUER', { ...COMPLETE, HOOK_OAUTH_JWKS_URL: 'https://acme.okta.com/keys' }],
    [
      'HOOK_OAUTH_JWKS_URL',
      { ...COMPLETE, ...OAUTH, HOOK_OAUTH_JWKS_URL: 'http://acme.okta.com/' },
    ],
    [
      'HOOK_OAUTH_JWKS_URL',
      { ...COMPLETE, ...OAUTH, HOOK_OAUTH_JWKS_URL: 'https://a:b@acme.okta.com/keys' },
    ],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'https://admin:pass@acme.okta.com' }],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'https://token@acme.okta.com' }],
    ['HOOK_OAUTH_SCOPE', { ...COMPLETE, ...OAUTH, HOOK_OAUTH_SCOPE: 'two scopes' }],
    ['FINGERPRINT_KEY', { ...COMPLETE, ...OAUTH, HOOK_SECRET: '' }],
    ['FINGERPRINT_KEY', { ...COMPLETE, ...OAUTH, HOOK_SECRET: '', LOG_LOGINS: 'plain' }],
    ['FINGERPRINT_KEY', { ...COMPLETE, LEDGER_DB_URL: 'mysql://a@b/c', LOG_LOGINS: 'plain' }],
    ['HOOK_SECRET_PREVIOUS', { ...COMPLETE, ...OAUTH, HOOK_SECRET: '', HOOK_SECRET_PREVIOUS: 'x' }],
    ['LEGACY_DB_URL', OAUTH],
    ['HOOK_DEADLINE_MS', { ...COMPLETE, HOOK_DEADLINE_MS: '3000' }],
    ['HOOK_DEADLINE_MS', { ...COMPLETE, HOOK_DEADLINE_MS: '2.5e3' }],
    ['PORT', { ...COMPLETE, PORT: '65536' }],
    ['PORT', { ...COMPLETE, PORT: '-1' }],
    ['HASH_WORKERS', { ...COMPLETE, HASH_WORKERS: '0' }],
    ['BCRYPT_MAX_COST', { ...COMPLETE, BCRYPT_MAX_COST: '31' }],
    ['GUESS_LIMIT', { ...COMPLETE, GUESS_LIMIT: '0' }],
    ['GUESS_WINDOW_MINUTES', { ...COMPLETE, GUESS_WINDOW_MINUTES: '1441' }],
    ['LOG_LEVEL', { ...COMPLETE, LOG_LEVEL: 'loud' }],
    ['LOG_LOGINS', { ...COMPLETE, LOG_LOGINS: 'yes' }],
    ['FINGERPRINT_KEY', { ...COMPLETE, FINGERPRINT_KEY: 'short' }],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'acme.okta.com' }],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'http://acme.okta.com' }],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'https://acme-admin.okta.com' }],
    ['OKTA_ORG_URL', { ...COMPLETE, OKTA_ORG_URL: 'https://acme.okta.com/admin' }],
    ['HOOK_SECRET', { ...COMPLETE, HOOK_SECRET_FILE: '/run/secrets/hook' }],
    ['HASH_WORKERS', { ...COMPLETE, HASH_WORKERS_FILE: '/not/there' }],
  ])('gets an error that names %s in %j, with a fix', (variable, env) => {
    expect(complaint(env)).toMatch(new RegExp(`^ {2}${variable} .+\\.\\n {4}\\S.+\\.?$`, 'm'))
  })

  it('gets all problems reported at once, each variable once', () => {
    const text = complaint({ NODE_ENV: 'production', PORT: 'x', HOST: '0.0.0.0', LOG_LEVEL: 'x' })
    expect(text.match(/^ {2}\w+/gm)).toEqual([
      '  PORT',
      '  LOG_LEVEL',
      '  HOOK_SECRET',
      '  LEGACY_DB_URL',
      '  TLS_TERMINATED_BY_PROXY',
    ])
  })

  it('gets the problems of demo mode reported together too', () => {
    const env = { HOST: '0.0.0.0', NODE_ENV: 'test', TLS_CERT_FILE: '/tls/cert.pem', PORT: 'x' }
    expect(complaint(env).match(/^ {2}\w+/gm)).toEqual(['  PORT', '  HOST', '  TLS_KEY_FILE'])
  })

  it('counts an invalid value as set', () => {
    const text = complaint({ HOOK_SECRET: 'grüße', HOOK_SECRET_PREVIOUS: 'an older one' })
    expect(text.match(/^ {2}\w+/gm)).toEqual(['  HOOK_SECRET', '  LEGACY_DB_URL'])
  })

  it('never has a value shown', () => {
    const marked = 'märked-välue'
    const env = { HOOK_SECRET: marked, HOOK_SECRET_PREVIOUS: marked, LEGACY_DB_URL: marked }
    expect(complaint({ ...env, OKTA_ORG_URL: marked, PORT: marked })).not.toContain(marked)
  })
})

describe('NAME_FILE', () => {
  let dir: string
  beforeEach(() => {
    dir = makeTempDir()
  })
  afterEach(() => removeDir(dir))

  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const readSecret = (path: string): string => {
    try {
      const env = { LEGACY_DB_URL: COMPLETE.LEGACY_DB_URL, HOOK_SECRET_FILE: path }
      return loadSettings(SERVE, env, readText).values.HOOK_SECRET ?? ''
    } catch (err) {
      return (err as AppError).detail ?? ''
    }
  }

  it('may be a link to a file, as the secrets of Kubernetes are', () => {
    symlinkSync(write('real', `${SECRET}\n`), join(dir, 'link'))
    expect(readSecret(join(dir, 'link'))).toBe(SECRET)
  })

  it.runIf(process.platform !== 'win32')('must not be a directory, pipe or device', () => {
    execFileSync('mkfifo', [join(dir, 'pipe')])
    for (const path of [dir, join(dir, 'pipe'), '/dev/zero']) {
      expect(readSecret(path)).toMatch(
        /HOOK_SECRET cannot be read from the path in HOOK_SECRET_FILE: the file is not a regular file/,
      )
    }
  })

  it('may have 64 KiB, and a bundle of certificates 1 MiB', () => {
    expect(readSecret(write('most', 'x'.repeat(64 * 1024)))).toHaveLength(64 * 1024)
    expect(readSecret(write('more', 'x'.repeat(64 * 1024 + 1)))).toMatch(/is larger than 64 KiB/)
    const bundle = `-----BEGIN CERTIFICATE-----${' '.repeat(500 * 1024)}`
    const env = { ...COMPLETE, LEGACY_DB_CA_FILE: write('bundle', bundle) }
    expect(loadSettings(SERVE, env, readText).values.LEGACY_DB_CA).toBe(bundle)
  })
})

describe('a misspelt name', () => {
  it.each([
    ['HOOK_SECERT', 'HOOK_SECRET'],
    ['hook_secret', 'HOOK_SECRET'],
    ['LEGACY_DB_URI', 'LEGACY_DB_URL'],
    ['HOOK_SECRET_FIEL', 'HOOK_SECRET_FILE'],
  ])('%s is recognised as %s, with and without other problems', (typed, meant) => {
    const hint = `${typed} is not a variable of this program. Did you mean ${meant}?`
    expect(complaint({ NODE_ENV: 'production', [typed]: 'x' })).toContain(hint)
    expect(load({ ...COMPLETE, [typed]: 'x' }).notices).toEqual([hint])
  })

  it("is not suspected in other programs' variables", () => {
    const env = {
      HOME: '/root',
      PATH: '/bin',
      HOSTNAME: 'a',
      PORTS: '1',
      npm_config_yes: '',
      TERM: 'x',
    }
    expect(load({ ...COMPLETE, ...env }).notices).toEqual([])
  })
})

describe("other programs' names", () => {
  const ORG = 'OKTA_ORG_NAME and OKTA_BASE_URL are not read. Use OKTA_ORG_URL.'
  const FOREIGN = { OKTA_BASE_URL: 'okta.com', OKTA_ORG_NAME: 'acme' }

  it('are told for what is not set, and never read', () => {
    const { notices, values } = load({ ...COMPLETE, ...FOREIGN })
    expect([notices, values.OKTA_ORG_URL]).toEqual([[ORG], undefined])
    expect(complaint({ HOOK_SECRET: SECRET, DATABASE_URL: 'postgres://a@b/c' })).toContain(
      'LEGACY_DB_URL is missing',
    )
    expect(complaint({ HOOK_SECRET: SECRET, DATABASE_URL: 'x' })).toContain(
      'DATABASE_URL is not read. Use LEGACY_DB_URL.',
    )
  })

  it('are of no interest where ours is set, or not read by the command', () => {
    expect(load({ ...COMPLETE, ...FOREIGN, OKTA_ORG_URL: 'https://a.okta.com' }).notices).toEqual(
      [],
    )
    expect(
      load({ ...COMPLETE, DATABASE_URL: 'x', OKTA_TOKEN: 'x', OKTA_DOMAIN: '' }).notices,
    ).toEqual([])
  })
})

describe('what is shown', () => {
  it('reveals only whether a secret is set', () => {
    const shown = describeValues(load({ ...COMPLETE, FINGERPRINT_KEY: 'k'.repeat(20) }).values)
    expect(shown).toMatchObject({
      HOOK_SECRET: 'set',
      HOOK_SECRET_PREVIOUS: 'not set',
      LEGACY_DB_URL: 'set',
      FINGERPRINT_KEY: 'set',
      PORT: 3000,
      OKTA_ORG_URL: 'not set',
    })
    expect(JSON.stringify(shown)).not.toContain(SECRET)
  })

  it('contains no statement and no query of a URL, since people put keys there', () => {
    const marked = "SELECT pgp_sym_decrypt(pw, 'marked') AS password_hash FROM a WHERE l = :login"
    const env = {
      ...COMPLETE,
      ...OAUTH,
      LEGACY_LOOKUP_SQL: marked,
      LEGACY_AUDIT_SQL: marked,
      OKTA_ORG_URL: 'https://acme.okta.com/?token=marked',
      HOOK_OAUTH_JWKS_URL: 'https://acme.okta.com/keys?key=marked',
    }
    const shown = describeValues(load(env).values)
    expect(JSON.stringify(shown)).not.toContain('marked')
    expect(shown).toMatchObject({
      LEGACY_LOOKUP_SQL: 'set',
      LEGACY_AUDIT_SQL: 'set',
      HOOK_OAUTH_JWKS_URL: 'https://acme.okta.com/keys?…',
    })
  })

  it.each([
    ['LOG_LEVEL', /\(debug, info, warn, error; default: info\)$/],
    ['HOOK_DEADLINE_MS', /\(100 to 2900; default: 2500\)$/],
    ['TLS_TERMINATED_BY_PROXY', /\(true, false; default: false\)$/],
    ['HASH_WORKERS', /\(1 to 64; default: the number of cores\)$/],
    ['BCRYPT_MAX_COST', /\(10 to 16\)$/],
    ['HOST', /\(default: 127\.0\.0\.1\)$/],
    ['LEGACY_LOOKUP_IGNORE', /separated by commas$/],
  ] as const)('has the choices and the default of %s', (name, words) => {
    expect(describeVariables([name])).toMatch(words)
  })

  it('explains every variable', () => {
    expect(describeVariables(SERVE.names).match(/^ {2}[A-Z_]+\n {6}\S/gm)).toHaveLength(
      Object.keys(describeValues(load(COMPLETE).values)).length,
    )
  })
})

describe('a legacy login', () => {
  const LOGIN = { HOOK_SECRET: SECRET, LEGACY_LOGIN_URL: 'https://old.example.com/login' }
  const LDAP = {
    ...{ HOOK_SECRET: SECRET, LEGACY_LOGIN_URL: 'ldaps://dc.example.com/?base=dc=a&attribute=uid' },
    ...{ LEGACY_LOGIN_BIND_DN: 'cn=a', LEGACY_LOGIN_BIND_PASSWORD: 'marked' },
  }
  const COGNITO = { ...LOGIN, LEGACY_LOGIN_STYLE: 'cognito' }

  it('is a directory too', () => {
    expect(load(LDAP).settings).toMatchObject({ legacy: { http: undefined } })
  })

  it('takes the place of the store of hashes', () => {
    const header = 'Authorization: Bearer a b'
    const { settings } = load({ ...LOGIN, LEGACY_LOGIN_HEADER: header })
    expect(settings).toMatchObject({
      legacy: {
        kind: 'login',
        http: { style: 'json', header: { name: 'authorization', value: 'Bearer a b' } },
      },
    })
  })

  it.each([
    [{ ...LOGIN, ...COMPLETE }, 'LEGACY_LOGIN_URL and LEGACY_DB_URL are both set'],
    [{ ...LOGIN, LEGACY_LOGIN_URL: 'http://old.example.com/' }, 'LEGACY_LOGIN_URL is not valid'],
    [{ ...LOGIN, LEGACY_LOGIN_URL: 'https://u:p@old.example.com/' }, 'LEGACY_LOGIN_URL is not'],
    [{ ...LOGIN, LEGACY_LOGIN_HEADER: 'no colon' }, 'LEGACY_LOGIN_HEADER is not valid'],
    [{ ...LOGIN, LEGACY_LOGIN_HEADER: 'a: b\r\nc: d' }, 'LEGACY_LOGIN_HEADER is not valid'],
    [{ ...LOGIN, LEGACY_LOGIN_CLIENT_ID: 'x' }, 'LEGACY_LOGIN_STYLE is json'],
    [COGNITO, 'LEGACY_LOGIN_CLIENT_ID is missing'],
    [{ ...LOGIN, LEGACY_LOGIN_BIND_DN: 'cn=a' }, 'LEGACY_LOGIN_BIND_DN is set, and has no use'],
    [{ ...LDAP, LEGACY_LOOKUP_SQL: 'SELECT' }, 'LEGACY_LOOKUP_SQL is set, and has no use'],
    [{ ...LOGIN, LEGACY_DB_POOL: '4' }, 'LEGACY_DB_POOL is set, and has no use'],
    [{ ...COGNITO, LEGACY_LOGIN_SCOPE: 'a' }, 'LEGACY_LOGIN_SCOPE is set, and has no use'],
    [{ ...LDAP, LEGACY_LOGIN_STYLE: 'json' }, 'LEGACY_LOGIN_STYLE is set, and has no use'],
    [{ ...LDAP, LEGACY_LOGIN_HEADER: 'a: b' }, 'LEGACY_LOGIN_URL is that of a directory'],
  ])('is refused where its variables do not fit: %j', (env, message) => {
    expect(complaint(env)).toContain(message)
  })

  it.each([
    [{ ...LOGIN, LEGACY_LOGIN_BIND_DN: 'cn=a' }, 'Remove it, or correct LEGACY_LOGIN_URL or'],
    [{ ...LOGIN, ...COMPLETE }, 'Remove one of the two.'],
    [{ ...LDAP, LEGACY_DB_POOL: '4' }, 'Remove it.'],
    [{ ...COMPLETE, LEGACY_LOGIN_POOL: '4' }, 'Remove it, or set LEGACY_LOGIN_URL.'],
    [{ ...COMPLETE, HOOK_SECRET_FILE: '/secret' }, 'Remove one of the two.'],
    [{ ...COMPLETE, LEGACY_HASH_PEPPER: 'x' }, 'Remove it, or use $pepper in LEGACY_HASH_FORMAT.'],
  ])('is told with what to do about it: %j', (env, fix) => {
    const [, told] = complaint(env).split('\n')
    expect(told?.trim()).toMatch(fix)
  })

  it('is refused where its URL is missing, with or without a store of hashes', () => {
    const parts = { LEGACY_LOGIN_HEADER_FILE: '/header', LEGACY_LOGIN_POOL: '5' }
    const rest = { ...parts, LEGACY_LOGIN_CA: '' }
    const files = { '/header': 'x-key: marked' }
    for (const env of [{ ...COMPLETE, ...rest }, rest]) {
      const told = complaint(env, files)
      for (const name of ['LEGACY_LOGIN_HEADER', 'LEGACY_LOGIN_POOL'])
        expect(told).toContain(`${name} is set, and has no use: LEGACY_LOGIN_URL is not set`)
      expect(told).not.toContain('LEGACY_LOGIN_CA')
      expect(told).not.toContain('marked')
      expect(told.includes('LEGACY_DB_URL is missing')).toBe(env === rest)
    }
  })
})
