/** argon2: no damaged or oversized hash is computed, and what cannot be computed is an error and no outcome. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

const SALT = 'c29tZXNhbHRzb21lc2FsdA'
const HASH = 'Gpj7qOY5RCXJvcMzqcdQqvgR3wcPX7SleI4c9NtXk6E'
const SOUND = `$argon2id$v=19$m=64,t=2,p=1$${SALT}$${HASH}`

const read = (encoded: string) => {
  const found = inspect(encoded, DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : found.kind
}

const withCosts = (costs: string): string => SOUND.replace('m=64,t=2,p=1', costs)
const withHash = (hash: string): string => SOUND.replace(HASH, hash)
const withSalt = (salt: string): string => SOUND.replace(SALT, salt)
const base64 = (length: number): string =>
  Buffer.alloc(length, 7).toString('base64').replaceAll('=', '')

describe('argon2', () => {
  it.each([
    SOUND,
    `argon2${SOUND}`,
    `{argon2}${SOUND}`,
    `{argon2@SpringSecurity_v5_8}${SOUND}`,
    `{ARGON2}${SOUND}`,
    `{ARGON2I}${SOUND}`,
    `{ARGON2ID}${SOUND}`,
    `2|${SOUND}`,
    `3|${SOUND}`,
  ])('%s is of the kind of its memory and passes', (encoded) => {
    expect(read(encoded)).toEqual({ name: 'argon2', cost: 7, mib: 1 })
  })

  it.each([
    // 128 MiB and 24 passes are the most, whatever p is.
    [withCosts('m=131072,t=24,p=64'), { name: 'argon2', cost: 21.5, mib: 128 }],
    [withCosts('m=131073,t=1,p=1'), 'out_of_bounds'],
    [withCosts('m=131072,t=32,p=1'), 'out_of_bounds'],
    [withCosts('m=8,t=2147483647,p=1'), 'out_of_bounds'],
    [withCosts('m=2147483647,t=2147483647,p=1'), 'out_of_bounds'],
    [withCosts('m=1024,t=2,p=65'), 'out_of_bounds'],
    [withCosts('m=4294967295,t=4294967295,p=1'), 'out_of_bounds'],
    [withCosts('m=4294967296,t=1,p=1'), 'malformed'],
    [withCosts('m=64,t=4294967298,p=1'), 'malformed'],
    [withCosts('m=64,t=2,p=4294967297'), 'malformed'],
    [withCosts('m=4294967360,t=2,p=1'), 'malformed'],
    [withCosts('m=7,t=2,p=1'), 'malformed'],
    [withCosts('m=64,t=2,p=9'), 'malformed'],
    [withCosts('m=64,t=0,p=1'), 'malformed'],
    [withCosts('m=64,t=2,p=0'), 'malformed'],
    [withCosts('m=1e3,t=2,p=1'), 'malformed'],
    [withCosts('m=0x40,t=2,p=1'), 'malformed'],
    [withCosts('m=,t=2,p=1'), 'malformed'],
    [withCosts('m= 64,t=2,p=1'), 'malformed'],
    [withCosts('m=064,t=2,p=1'), 'malformed'],
    [withCosts('m=-64,t=2,p=1'), 'malformed'],
    [withCosts('t=2,m=64,p=1'), 'malformed'],
    [SOUND.replace('v=19', 'v=17'), 'malformed'],
    [SOUND.replace('v=19$', ''), { name: 'argon2', cost: 7, mib: 1 }],
    [SOUND.replace('argon2id', 'argon2x'), 'malformed'],
    [withHash(''), 'malformed'],
    [withHash('AAAA'), 'malformed'],
    [withHash(base64(15)), 'malformed'],
    [withHash(base64(16)), { name: 'argon2', cost: 7, mib: 1 }],
    [withHash(HASH.slice(0, -1)), 'malformed'],
    [withHash(`${HASH}=`), 'malformed'],
    [withHash(HASH.replace('7', '_')), 'malformed'],
    [withHash(`${HASH.slice(0, -1)}F`), 'malformed'],
    [withHash(`${HASH}$`), 'malformed'],
    [withSalt(''), 'malformed'],
    [withSalt(base64(7)), 'malformed'],
    [withSalt(base64(8)), { name: 'argon2', cost: 7, mib: 1 }],
    [SOUND.slice(0, SOUND.lastIndexOf('$')), 'malformed'],
    ['$argon2id$', 'malformed'],
    [`{argon2}{argon2}${SOUND}`, 'malformed'],
    [`{argon2}argon2${SOUND}`, 'malformed'],
    [`argon2$${SOUND}`, 'malformed'],
    [`{other}${SOUND}`, 'unrecognised'],
    [`1|${SOUND}`, 'unrecognised'],
    [SOUND.slice(1), 'unrecognised'],
    [`${SOUND}\n`, 'padded'],
  ])('%s is %o', (encoded, expected) => {
    expect(read(encoded)).toEqual(expected)
  })

  it('does not match by the beginning of a hash, since its length is hashed too', () => {
    const cut = withHash(HASH.slice(0, 40))
    expect(read(cut)).toMatchObject({ name: 'argon2' })
    const checks = [SOUND, cut].map((encoded) => ({ encoded, password: 'password' }))
    const engine = startEngine()
    expect(checks.flatMap((check) => verifyEncoded(engine, [check]))).toEqual(['match', 'mismatch'])
  })
})

it.runIf(process.platform === 'linux')(
  'fails a check that does not get its memory, and neither the thread nor another check',
  () => {
    const program = fileURLToPath(new URL('../support/short-of-memory.ts', import.meta.url))
    const limited = 'ulimit -v 50000000; exec "$0" "$1"'
    const output = execFileSync('sh', ['-c', limited, process.execPath, program])
    expect(JSON.parse(output.toString())).toEqual({
      outcomes: ['match', 'out_of_memory', 'match', 'out_of_memory', 'match'],
      lost: 0,
    })
  },
)
