/** The variables of the hashes: Firebase's keys reach the reading of a hash, and a wrong one is told at the start. */
import { describe, expect, it } from 'vitest'
import { SERVER } from '../../src/commands/serve/settings.ts'
import { loadSettings, type Environment } from '../../src/config/load.ts'
import { describeValues } from '../../src/config/variables.ts'
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

/** The example that Firebase publishes. */
const KEY =
  'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
const CHECK = {
  encoded:
    '$fbscrypt$v=1,n=4,r=8,p=1$IjhukOevx3yS3A==$SoQFcd0p/jzkA9HYgcvyDIIKbdH0PEXx2XS0m3s9Y2N26NLqL7YsabClzklglsznuIVZjuBViRGrBHXGLODirw==',
  password: 'password',
}

const load = (env: Environment) => {
  const legacy = { HOOK_SECRET: 'x'.repeat(40), LEGACY_DB_URL: 'sqlite:/data/legacy.sqlite' }
  return loadSettings(SERVER, { ...legacy, ...env }, () => `${KEY}\n`)
}

const engine = startEngine()

const outcomeWith = (env: Environment) =>
  verifyEncoded(engine, [CHECK], { ...DEFAULT_HASHES, ...load(env).settings.hashes })[0]

describe("Firebase's signer key", () => {
  it.each<[string, Environment]>([
    ['as the console shows it', { FIREBASE_SIGNER_KEY: KEY }],
    [
      'in the other alphabet',
      { FIREBASE_SIGNER_KEY: KEY.replaceAll('+', '-').replaceAll('/', '_') },
    ],
    ['without padding', { FIREBASE_SIGNER_KEY: KEY.replaceAll('=', '') }],
    ['from a file', { FIREBASE_SIGNER_KEY_FILE: '/run/secrets/key' }],
    ['with its separator', { FIREBASE_SIGNER_KEY: KEY, FIREBASE_SALT_SEPARATOR: 'Bw' }],
  ])('checks the hashes, %s', (_, env) => {
    expect(outcomeWith(env)).toBe('match')
  })

  it('belongs to a separator', () => {
    expect(outcomeWith({ FIREBASE_SIGNER_KEY: KEY, FIREBASE_SALT_SEPARATOR: 'CA==' })).toBe(
      'mismatch',
    )
    expect(outcomeWith({})).toBe('unrecognised')
  })

  it.each<[string, Environment]>([
    ['no base64', { FIREBASE_SIGNER_KEY: `${KEY.slice(0, -3)}!==` }],
    ['cut', { FIREBASE_SIGNER_KEY: KEY.slice(0, 40) }],
    ['two in one', { FIREBASE_SIGNER_KEY: KEY + KEY }],
  ])('that is %s ends the start, and is not shown', (_, env) => {
    expect(() => load(env)).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        detail: expect.stringMatching(
          /^ {2}FIREBASE_SIGNER_KEY is not valid\.\n.*console/,
        ) as string,
      }),
    )
    expect(() => load(env)).not.toThrow(KEY.slice(0, 20))
  })

  it('is a secret, and the separator is none', () => {
    expect(describeValues(load({ FIREBASE_SIGNER_KEY: KEY }).values)).toMatchObject({
      FIREBASE_SIGNER_KEY: 'set',
      FIREBASE_SALT_SEPARATOR: 'Bw==',
    })
  })

  it('has a separator in base64', () => {
    expect(() => load({ FIREBASE_SALT_SEPARATOR: 'B w==' })).toThrow('config')
  })
})

describe('LEGACY_HASH_PLAIN', () => {
  const plain = { encoded: '{noop}password', password: 'password' }
  const outcomeIn = (env: Environment) =>
    verifyEncoded(engine, [plain], { ...DEFAULT_HASHES, ...load(env).settings.hashes })[0]

  it('alone has plain text checked', () => {
    expect(outcomeIn({})).toBe('unrecognised')
    expect(outcomeIn({ LEGACY_HASH_PLAIN: 'false', FIREBASE_SIGNER_KEY: KEY })).toBe('unrecognised')
    expect(outcomeIn({ LEGACY_HASH_PLAIN: 'true' })).toBe('match')
    expect(outcomeIn({ LEGACY_HASH_PLAIN: 'true', FIREBASE_SIGNER_KEY: KEY })).toBe('match')
  })
})
