/** SHA-256 and SHA-512 (FIPS 180-4) as one WebAssembly function, for messages that are padded already. */
import {
  get,
  i32,
  i64,
  ltU,
  repeat,
  set,
  type Code,
  type Integer,
  type WasmFunction,
} from '../bcrypt/wasm.ts'

/** The rotations of section 4.1: of A and E, then of the two small functions, whose last number is a shift. */
export interface Sha2 {
  readonly integer: Integer
  readonly wordBytes: number
  readonly rounds: number
  readonly by: Readonly<Record<'bigA' | 'bigE' | 'small0' | 'small1', readonly number[]>>
}

export const SHA2: Readonly<Record<'sha256' | 'sha512', Sha2>> = {
  sha256: {
    ...{ integer: i32, wordBytes: 4, rounds: 64 },
    by: { bigA: [2, 13, 22], bigE: [6, 11, 25], small0: [7, 18, 3], small1: [17, 19, 10] },
  },
  sha512: {
    ...{ integer: i64, wordBytes: 8, rounds: 80 },
    by: { bigA: [28, 34, 39], bigE: [14, 18, 41], small0: [1, 8, 7], small1: [19, 61, 6] },
  },
}

const WORDS = 16
const STATE_WORDS = 8

/** In words from the beginning of the memory: the constants of the rounds, then the initial state. */
export const constantWords = ({ rounds }: Sha2): number => rounds + STATE_WORDS

/** The greatest whole number whose power is not greater. */
const root = (value: bigint, power: bigint, bits: number): bigint => {
  let found = 0n
  for (let bit = 1n << BigInt(bits); bit > 0n; bit >>= 1n) {
    if ((found | bit) ** power <= value) found |= bit
  }
  return found
}

const primes = (count: number): number[] => {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n)
  return found
}

/** The first bits of the fractions of the primes' cube roots, then of the square roots of the first eight. */
export const constantsOf = (sha: Sha2): bigint[] => {
  const bits = 8 * sha.wordBytes
  const fraction = (prime: number, power: number): bigint =>
    BigInt.asUintN(bits, root(BigInt(prime) << BigInt(bits * power), BigInt(power), bits + 5))
  return [
    ...primes(sha.rounds).map((prime) => fraction(prime, 3)),
    ...primes(STATE_WORDS).map((prime) => fraction(prime, 2)),
  ]
}

/** Reverses the bytes of a variable: SHA's words are big-endian, WebAssembly's little-endian. */
const reverse = ({ integer: n, wordBytes }: Sha2, local: number): Code => {
  const mask = (width: number): Code =>
    n.constant(
      width === 16 ? 0x0000_ffff_0000_ffffn : wordBytes === 4 ? 0xff_00ff : 0x00ff_00ff_00ff_00ffn,
    )
  const swap = (width: number): Code =>
    set(
      local,
      n.or(
        n.shl(n.and(get(local), mask(width)), n.constant(width)),
        n.and(n.shrU(get(local), n.constant(width)), mask(width)),
      ),
    )
  const half = n.rotr(get(local), n.constant(4 * wordBytes))
  return [swap(8), wordBytes === 8 ? swap(16) : [], set(local, half)]
}

const PARAMETERS = 3

/** `(at, last, target)`: hashes the blocks from `at` to `last`, and writes the digest to `target`. */
export const hashMessage = (sha: Sha2): WasmFunction => {
  const { integer: n, wordBytes, rounds, by } = sha
  const local = (count: number, first: number) => Array.from({ length: count }, (_, i) => first + i)
  const state = local(STATE_WORDS, PARAMETERS)
  const sum = local(STATE_WORDS, PARAMETERS + STATE_WORDS)
  const words = local(WORDS, PARAMETERS + 2 * STATE_WORDS)
  const of = (locals: readonly number[], i: number): number => locals[i % locals.length] ?? 0
  const constant = (i: number): Code => n.load(i32.constant(0), wordBytes * i)
  const mix = (at: number, name: keyof Sha2['by']): Code =>
    by[name]
      .map((bits, i) =>
        (i === 2 && name.startsWith('small') ? n.shrU : n.rotr)(get(at), n.constant(bits)),
      )
      .reduce((all, one) => n.xor(all, one))
  const schedule = (i: number): Code => {
    const word = of(words, i)
    const late = n.add(mix(of(words, i + 14), 'small1'), get(of(words, i + 9)))
    return set(word, n.add(n.add(get(word), late), mix(of(words, i + 1), 'small0')))
  }
  /** The variables keep their places: what FIPS 180-4 calls a is another one in each round. */
  const round = (i: number): Code => {
    const at = (letter: string): number => of(state, 'abcdefgh'.indexOf(letter) + 8 * rounds - i)
    const v = (letter: string): Code => get(at(letter))
    const choice = n.xor(v('g'), n.and(v('e'), n.xor(v('f'), v('g'))))
    const majority = n.or(n.and(v('a'), v('b')), n.and(v('c'), n.or(v('a'), v('b'))))
    const fixed = n.add(constant(i), get(of(words, i)))
    return [
      i < WORDS ? [] : schedule(i),
      set(at('h'), n.add(n.add(v('h'), fixed), n.add(mix(at('e'), 'bigE'), choice))),
      set(at('d'), n.add(v('d'), v('h'))),
      set(at('h'), n.add(v('h'), n.add(mix(at('a'), 'bigA'), majority))),
    ]
  }
  const block = [
    words.map((word, i) => [set(word, n.load(get(0), wordBytes * i)), reverse(sha, word)]),
    state.map((word, i) => set(word, get(of(sum, i)))),
    Array.from({ length: rounds }, (_, i) => round(i)),
    sum.map((total, i) => set(total, n.add(get(total), get(of(state, i))))),
    set(0, i32.add(get(0), i32.constant(WORDS * wordBytes))),
  ]
  const locals = 2 * STATE_WORDS + WORDS
  return {
    parameters: PARAMETERS,
    locals: wordBytes === 4 ? { i32: locals, i64: 0 } : { i32: 0, i64: locals },
    body: [
      sum.map((total, i) => set(total, constant(rounds + i))),
      repeat(block, ltU(get(0), get(1))),
      sum.map((total, i) => [reverse(sha, total), n.store(get(2), wordBytes * i, get(total))]),
    ],
  }
}
