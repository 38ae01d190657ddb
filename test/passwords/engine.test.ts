/** The engines: right answers in the right order, no secrets left in memory, and the fallback. */
import { hashSync } from 'bcryptjs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bcryptCore } from '../../src/passwords/cores/bcrypt.ts'
import { selfTest, type Engine } from '../../src/passwords/engine.ts'
import { DEFAULT_HASHES } from '../../src/passwords/registry.ts'
import type { PasswordCheck } from '../../src/passwords/family.ts'
import { compile } from '../support/compiled.ts'
import {
  bcryptCoreOf,
  planOf,
  startEngine,
  verifyEncoded,
  type EncodedCheck,
} from '../support/passwords.ts'
import { batches, TEXT_VECTORS } from '../support/vectors.ts'

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 6 }
const SOUND = hashSync('open sesame', 4)
const ABOUT_72 = `${'x'.repeat(71)}🔑🔑`

afterEach(() => {
  vi.unstubAllGlobals()
})

const lanesEngine = startEngine()

const withoutWebAssembly = (): Engine => {
  vi.stubGlobal('WebAssembly', undefined)
  return startEngine()
}

const disagreements = (engine: Engine, vectors: typeof TEXT_VECTORS, together: number) =>
  ['04', '05', '06']
    .map((cost) => vectors.filter(({ encoded }) => encoded.slice(4, 6) === cost))
    .flatMap((ofOneCost) => batches(ofOneCost, together))
    .filter((batch) => {
      const expected = batch.map(({ matches }) => (matches ? 'match' : 'mismatch'))
      return verifyEncoded(engine, batch).join() !== expected.join()
    })

describe('the WebAssembly engine', () => {
  it('is the one that runs here', () => {
    expect(bcryptCoreOf(lanesEngine)).toMatchObject({ name: 'webassembly', lanes: 6 })
    expect(bcryptCoreOf(lanesEngine).fallback).toBeUndefined()
  })

  it.each([1, 2, 3, 4, 5, 6])('agrees with libxcrypt on every vector, %i together', (together) => {
    expect(TEXT_VECTORS.length).toBeGreaterThan(325)
    expect(disagreements(lanesEngine, TEXT_VECTORS, together)).toEqual([])
  })

  it('compares every digit of the hash', () => {
    const digits = Array.from({ length: 31 }, (_, i) => 29 + i)
    const outcomes = digits.flatMap((digit) => {
      const other = SOUND[digit] === '.' ? 'C' : '.'
      const encoded = SOUND.slice(0, digit) + other + SOUND.slice(digit + 1)
      return verifyEncoded(lanesEngine, [{ encoded, password: 'open sesame' }])
    })
    expect(outcomes).toEqual(digits.map(() => 'mismatch'))
  })

  it('wipes its memory and the passwords after each call', () => {
    const passwords: Uint8Array[] = []
    const memories: ArrayBuffer[] = []
    const { Instance } = WebAssembly
    vi.stubGlobal('WebAssembly', {
      ...{ Module: WebAssembly.Module },
      Instance: class extends Instance {
        constructor(module: object) {
          super(module)
          memories.push(this.exports.memory.buffer)
        }
      },
    })
    vi.stubGlobal(
      'TextEncoder',
      class extends TextEncoder {
        override encode(text: string) {
          const bytes = super.encode(text)
          passwords.push(bytes)
          return bytes
        }
      },
    )
    const engine = startEngine()
    expect(engine.missing).toEqual([])
    passwords.length = 0
    const check = { plan: planOf(SOUND), password: 'open sesame' }
    expect(engine.verify([check, check, check])).toEqual(['match', 'match', 'match'])
    for (const method of [`5$rounds=1000$salt$${'.'.repeat(43)}`, `6$salt$${'.'.repeat(86)}`]) {
      const other = { plan: planOf(`$${method}`), password: 'open sesame' }
      expect(engine.verify([other])).toEqual(['mismatch'])
    }
    const isUsed = (memory: ArrayBuffer) => new Uint8Array(memory).some((byte) => byte)
    expect(memories.map(isUsed)).toEqual([false, false, false])
    expect(passwords.map((bytes) => bytes.join(''))).toEqual(Array(5).fill('0'.repeat(11)))
  })
})

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } }
}

describe.each([
  ['webassembly', () => lanesEngine],
  ['bcryptjs', withoutWebAssembly],
])('every engine: %s', (name, create) => {
  it.each([
    ['a flaw', [{ encoded: SOUND.slice(0, 50), password: 'open sesame' }], ['truncated']],
    ['nothing', [], []],
    [
      'over the bounds',
      [{ encoded: SOUND.replace('$04$', '$07$'), password: '' }],
      ['out_of_bounds'],
    ],
    ['a lone surrogate', [{ encoded: hashSync('é\udc00', 4), password: 'é\udc00' }], ['match']],
    ['another', [{ encoded: hashSync('é\udc00', 4), password: 'é\udc01' }], ['mismatch']],
    ['its replacement', [{ encoded: hashSync('\ufffd', 4), password: '\ud800' }], ['mismatch']],
    [
      'a surrogate pair across the limit',
      [{ encoded: hashSync(ABOUT_72, 4), password: ABOUT_72 }],
      ['match'],
    ],
    ['NUL', [{ encoded: hashSync('a\0b', 4), password: 'a\0b' }], ['match']],
    ['the text before a NUL', [{ encoded: hashSync('a\0b', 4), password: 'a' }], ['mismatch']],
    ['the empty password', [{ encoded: hashSync('', 4), password: '' }], ['match']],
  ] satisfies [string, EncodedCheck[], string[]][])('answers %s', (_, checks, outcomes) => {
    const engine = create()
    expect(bcryptCoreOf(engine).name).toBe(name)
    expect(verifyEncoded(engine, checks, BOUNDS)).toEqual(outcomes)
  })

  it('refuses more checks than it has lanes', () => {
    const engine = create()
    const check = { plan: planOf(SOUND), password: 'open sesame' }
    const tooMany = Array<PasswordCheck>(bcryptCoreOf(engine).lanes + 1).fill(check)
    expect(() => engine.verify(tooMany)).toThrow(TypeError)
  })
})

describe('a batch', () => {
  const [right, wrong, cut, foreign] = [
    { encoded: SOUND, password: 'open sesame' },
    { encoded: SOUND, password: 'open barley' },
    { encoded: SOUND.slice(0, 50), password: 'open sesame' },
    { encoded: 'plain', password: 'plain' },
  ]

  it.each([
    [
      [right, wrong, cut],
      ['match', 'mismatch', 'truncated'],
    ],
    [
      [cut, right, wrong],
      ['truncated', 'match', 'mismatch'],
    ],
    [
      [right, foreign, wrong],
      ['match', 'unrecognised', 'mismatch'],
    ],
    [
      [wrong, cut, right],
      ['mismatch', 'truncated', 'match'],
    ],
    [
      [foreign, cut, right],
      ['unrecognised', 'truncated', 'match'],
    ],
    [
      [foreign, cut, cut],
      ['unrecognised', 'truncated', 'truncated'],
    ],
    [
      [wrong, wrong, right],
      ['mismatch', 'mismatch', 'match'],
    ],
  ])('is answered in its own order, flaws and all', (checks, outcomes) => {
    expect(verifyEncoded(lanesEngine, checks)).toEqual(outcomes)
  })

  it('has one cost', () => {
    const costlier = { encoded: hashSync('open sesame', 5), password: 'open sesame' }
    expect(() => verifyEncoded(lanesEngine, [right, costlier])).toThrow('different kinds')
  })
})

describe('the fallback', () => {
  it('agrees with libxcrypt, and does not guess what the bug of $2x$ changed', () => {
    const engine = withoutWebAssembly()
    const isBuggy = ({ encoded, password }: EncodedCheck) =>
      encoded.startsWith('$2x$') && /[\u0080-\uffff]/.test(password)
    expect(TEXT_VECTORS.some((v) => v.encoded.startsWith('$2x$') && !isBuggy(v))).toBe(true)
    expect(bcryptCoreOf(engine)).toMatchObject({ name: 'bcryptjs', lanes: 1 })
    expect(
      disagreements(
        engine,
        TEXT_VECTORS.filter((vector) => !isBuggy(vector)),
        1,
      ),
    ).toEqual([])
    const answers = TEXT_VECTORS.filter(isBuggy).flatMap((vector) =>
      verifyEncoded(engine, [vector]),
    )
    expect(new Set(answers)).toEqual(new Set(['unrecognised']))
  })

  it('is the one that runs where Node.js has no WebAssembly', () => {
    // Node.js strips types with WebAssembly too, so only compiled code runs without it.
    const dir = compile('passwords')
    const [engine, registry] = ['engine.js', 'registry.js'].map(
      (name) => pathToFileURL(join(dir, name)).href,
    )
    const program = `
      import { CORES, createEngine } from '${engine}'
      import { DEFAULT_HASHES, inspect } from '${registry}'
      const { cores: [{ name, fallback }], verify } = createEngine(CORES)
      const plan = inspect('${SOUND}', { ...DEFAULT_HASHES, bcryptCost: 4 })
      const outcomes = verify([{ plan, password: 'open sesame' }])
      console.log(JSON.stringify({ name, fallback, outcomes }))`
    const run = ['--jitless', '--input-type=module', '--eval', program]
    expect(
      JSON.parse(execFileSync(process.execPath, run, { encoding: 'utf8', stdio: 'pipe' })),
    ).toEqual({
      name: 'bcryptjs',
      fallback: 'ReferenceError: WebAssembly is not defined',
      outcomes: ['match'],
    })
  })

  it.each([
    // The last exclusive or belongs to the function of the most lanes.
    ['computes wrongly', 0x73, 0x72, 'Error: The self-test failed with 6 of 6 lanes.'],
    ['is not WebAssembly', 0x73, 0xff, expect.stringContaining('CompileError')],
  ])('takes over where the code %s', (_, from, to, fallback: unknown) => {
    const { Module, Instance } = WebAssembly
    vi.stubGlobal('WebAssembly', {
      Instance,
      Module: class extends Module {
        constructor(bytes: Uint8Array) {
          bytes[bytes.lastIndexOf(from)] = to
          super(bytes)
        }
      },
    })
    expect(bcryptCoreOf(startEngine())).toMatchObject({ name: 'bcryptjs', fallback })
  })
})

describe('the self-test', () => {
  it.each([
    ['always matches', (checks: readonly PasswordCheck[]) => checks.map(() => 'match' as const)],
    ['never matches', (checks: readonly PasswordCheck[]) => checks.map(() => 'mismatch' as const)],
    ['says nothing', () => []],
  ])('fails an engine that %s', (_, match) => {
    expect(() => {
      selfTest(bcryptCore.known, match, 1)
    }).toThrow(/self-test/)
  })
})
