/** Keycloak's credentials: no damaged one passes, however its JSON is written. */
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'

const base64 = (length: number): string => Buffer.alloc(length, 7).toString('base64')

const SECRET = { value: base64(32), salt: base64(16), additionalParameters: {} }
const PBKDF2 = { hashIterations: 1000, algorithm: 'pbkdf2-sha256', additionalParameters: {} }
const ARGON2_PARAMETERS = {
  hashLength: ['32'],
  memory: ['7168'],
  type: ['id'],
  version: ['1.3'],
  parallelism: ['1'],
}
const ARGON2 = { hashIterations: 5, algorithm: 'argon2', additionalParameters: ARGON2_PARAMETERS }

const read = (secretData: unknown, credentialData: unknown) => {
  const found = inspect(JSON.stringify({ secretData, credentialData }), DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : found.kind
}

describe('a credential of PBKDF2', () => {
  it('may be text within the JSON', () => {
    const kind = { name: 'pbkdf2-sha256', cost: 10 }
    expect(read(SECRET, PBKDF2)).toEqual(kind)
    expect(read(JSON.stringify(SECRET), JSON.stringify(PBKDF2))).toEqual(kind)
  })

  it.each([
    ['pbkdf2', 20],
    ['pbkdf2', 64],
    ['pbkdf2-sha256', 32],
    ['pbkdf2-sha256', 64],
    ['pbkdf2-sha512', 64],
  ])('of %s may have a key of %i bytes', (algorithm, length) => {
    const kind = read({ ...SECRET, value: base64(length) }, { ...PBKDF2, algorithm })
    expect(kind).toMatchObject({ name: `pbkdf2-${algorithm.slice(7) || 'sha1'}` })
  })

  it.each([
    { value: '' },
    { value: base64(16) },
    { value: base64(31) },
    { value: base64(33) },
    { value: base64(63) },
    { value: base64(32).replace('=', '') },
    { value: ` ${base64(32)}` },
    { value: `${base64(32)}AAAA` },
    { value: null },
    { value: [base64(32)] },
    { salt: '' },
    { salt: '!' },
    { salt: undefined },
  ])('has no other secret: %j', (secret) => {
    expect(read({ ...SECRET, ...secret }, PBKDF2)).toBe('malformed')
  })

  it.each([
    [{ hashIterations: 0 }, 'malformed'],
    [{ hashIterations: -1 }, 'malformed'],
    [{ hashIterations: 1.5 }, 'malformed'],
    [{ hashIterations: '1000' }, 'malformed'],
    [{ hashIterations: [1000] }, 'malformed'],
    [{ hashIterations: null }, 'malformed'],
    [{ hashIterations: 1e30 }, 'malformed'],
    [{ hashIterations: 1e9 }, 'out_of_bounds'],
    [{ algorithm: 'pbkdf2-sha1' }, 'malformed'],
    [{ algorithm: 'constructor' }, 'malformed'],
    [{ algorithm: ['pbkdf2'] }, 'malformed'],
    [{ algorithm: undefined }, 'malformed'],
  ])('%j is %s', (credential, flaw) => {
    expect(read(SECRET, { ...PBKDF2, ...credential })).toBe(flaw)
  })
})

describe('a credential of argon2', () => {
  const readWith = (parameters: object) =>
    read(SECRET, { ...ARGON2, additionalParameters: { ...ARGON2_PARAMETERS, ...parameters } })

  it('is of the kind of its memory and passes', () => {
    expect(readWith({})).toEqual({ name: 'argon2', cost: 15.25, mib: 7 })
  })

  it.each([
    [{ memory: ['1e3'] }, 'malformed'],
    [{ memory: ['0x40'] }, 'malformed'],
    [{ memory: [' 64'] }, 'malformed'],
    [{ memory: [''] }, 'malformed'],
    [{ memory: [7168] }, 'malformed'],
    [{ memory: '7168' }, 'malformed'],
    [{ memory: ['7168', '64'] }, 'malformed'],
    [{ memory: [] }, 'malformed'],
    [{ memory: ['7'] }, 'malformed'],
    [{ memory: ['262144'] }, 'out_of_bounds'],
    [{ parallelism: ['0'] }, 'malformed'],
    [{ version: ['1.2'] }, 'malformed'],
    [{ version: ['constructor'] }, 'malformed'],
    [{ type: ['2id'] }, 'malformed'],
    [{ hashLength: ['31'] }, 'malformed'],
    [{ hashLength: undefined }, 'malformed'],
  ])('with %j is %s', (parameters, flaw) => {
    expect(readWith(parameters)).toBe(flaw)
  })

  it.each([{ value: base64(31) }, { value: '' }, { salt: base64(7) }])(
    'has no other secret: %j',
    (secret) => {
      expect(read({ ...SECRET, ...secret }, ARGON2)).toBe('malformed')
    },
  )
})

it.each([
  ['{}', 'unrecognised'],
  ['null', 'unrecognised'],
  ['[]', 'unrecognised'],
  ['{"a":1}', 'malformed'],
  ['{"secretData":null,"credentialData":null}', 'malformed'],
  ['{"secretData":"{","credentialData":"}"}', 'malformed'],
  ['{"secretData":{"__proto__":{"value":"AAAA"}},"credentialData":{}}', 'malformed'],
  [`{"${'a'.repeat(2000)}":1}`, 'unrecognised'],
])('%s is %s', (encoded, flaw) => {
  expect(inspect(encoded, DEFAULT_HASHES)).toEqual({ flaw })
})
