/** Blowfish (Schneier 1993) in lanes: keyed states that one WebAssembly function advances together. */
import {
  extendU,
  get,
  i32,
  i64,
  ltU,
  repeat,
  set,
  wrap,
  type Code,
  type Integer,
  type WasmFunction,
} from './wasm.ts'

const ROUNDS = 16
export const SUBKEYS = ROUNDS + 2
const BOXES = 4
const BOX_WORDS = 256
const STATE_WORDS = SUBKEYS + BOXES * BOX_WORDS

/** From one word of a lane to its next: the words of two lanes alternate. */
export const WORD_BYTES = 8
const HALF_BYTES = WORD_BYTES / 2
const BOX_BYTES = WORD_BYTES * BOX_WORDS

export const BLOCK_BYTES = WORD_BYTES * 2
export const KEY_BYTES = WORD_BYTES * SUBKEYS

/** The layout of a lane, in bytes from its start. A state is its subkeys, then its S-boxes. */
export const ZEROS = 0
export const STATE = ZEROS + KEY_BYTES
const S = STATE + KEY_BYTES
export const STATE_END = STATE + WORD_BYTES * STATE_WORDS
const PIN = STATE_END
export const BLOWFISH_END = PIN + WORD_BYTES

/** @param pairBytes what two lanes side by side take */
export const baseOf = (lane: number, pairBytes: number): number =>
  (lane >> 1) * pairBytes + (lane % 2) * HALF_BYTES

/** Of big-endian bytes. */
export const wordsOf = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readInt32BE(4 * i))

/** The integer square root, by Newton's method from above. */
const rootOf = (square: bigint): bigint => {
  let root = square
  let next = 1n << BigInt(2 * square.toString(16).length)
  while (next < root) {
    root = next
    next = (root + square / root) >> 1n
  }
  return root
}

type Fraction = readonly [p: bigint, q: bigint, sum: bigint]

/**
 * The terms `from` to `to` of the series of David and Gregory Chudnovsky (1988), by binary splitting: the sum of a half
 * is made of small numbers, so that few are as long as the result.
 */
const sumOf = (from: bigint, to: bigint): Fraction => {
  if (to - from > 1n) {
    const middle = (from + to) >> 1n
    const [[p, q, sum], [p2, q2, sum2]] = [sumOf(from, middle), sumOf(middle, to)]
    return [p * p2, q * q2, sum * q2 + p * sum2]
  }
  const p = from === 0n ? 1n : -(6n * from - 5n) * (2n * from - 1n) * (6n * from - 1n)
  const q = from === 0n ? 1n : from ** 3n * 10939058860032000n
  return [p, q, p * (545140134n * from + 13591409n)]
}

const BITS_OF_A_TERM = 47

/** The state before any key is the first bits of pi's fraction. */
export const initialState = (): Int32Array => {
  const bits = 32 * STATE_WORDS + 64
  const one = 1n << BigInt(bits)
  const [, q, sum] = sumOf(0n, BigInt(Math.ceil(bits / BITS_OF_A_TERM)))
  const pi = (426880n * rootOf(10005n * one * one) * q) / sum
  return wordsOf(Buffer.from(pi.toString(16).slice(1), 'hex')).subarray(0, STATE_WORDS)
}

/** What is computed as one: a lane, or two side by side as the halves of 64 bits. */
interface Unit {
  readonly base: number
  readonly integer: Integer
  /** The variables that hold the halves of its block. */
  readonly left: number
  readonly right: number
  readonly feistel: (half: Code, boxes: number) => Code
}

/** Byte offsets into a box; the rest is in the load's constant, so that no address is computed at run time. */
const lookUp = (offset: Code, boxes: number, box: number): Code =>
  i32.load(offset, boxes + box * BOX_BYTES)

const feistel = (half: Code, boxes: number): Code => {
  const word = (byte: Code, box: number) => lookUp(i32.and(byte, i32.constant(0x7f8)), boxes, box)
  const a = word(i32.shrU(half, i32.constant(21)), 0)
  const b = word(i32.shrU(half, i32.constant(13)), 1)
  const c = word(i32.shrU(half, i32.constant(5)), 2)
  const d = word(i32.shl(half, i32.constant(3)), 3)
  return i32.add(i32.xor(i32.add(a, b), c), d)
}

const OFFSETS = i64.constant(0x07f8_07f8_07f8_07f8n)
const UPPER = i64.constant(32)

/**
 * For two lanes: eight offsets of 16 bits in four operations, those of each lane's bytes a and c in
 * one variable, of b and d in the other. The lower of two is taken first, since V8 then need not copy
 * what the upper one is shifted out of.
 */
const feistelOfTwo =
  (ac: number, bd: number) =>
  (half: Code, boxes: number): Code => {
    const lane = (ac: Code, bd: Code, boxes: number): Code => {
      const low = (offsets: Code, box: number) =>
        lookUp(i32.and(offsets, i32.constant(0xffff)), boxes, box)
      const high = (offsets: Code, box: number) =>
        lookUp(i32.shrU(offsets, i32.constant(16)), boxes, box)
      return i32.add(low(bd, 3), i32.xor(low(ac, 2), i32.add(high(ac, 0), high(bd, 1))))
    }
    const upper = (offsets: number) => wrap(i64.shrU(get(offsets), UPPER))
    return [
      set(ac, i64.and(i64.shrU(half, i64.constant(5)), OFFSETS)),
      set(bd, i64.and(i64.shl(half, i64.constant(3)), OFFSETS)),
      i64.or(
        extendU(lane(wrap(get(ac)), wrap(get(bd)), boxes)),
        i64.shl(extendU(lane(upper(ac), upper(bd), boxes + HALF_BYTES)), UPPER),
      ),
    ]
  }

const NEXT = i32.constant(BLOCK_BYTES)
const subkey = ({ base, integer }: Unit, i: number): Code =>
  integer.load(i32.constant(0), base + STATE + WORD_BYTES * i)

/** Xors the key into the subkeys, and takes up the block that comes before the first. */
const begin =
  (at: Code, key: Code) =>
  (unit: Unit): Code => {
    const { base, integer, left, right } = unit
    const offsets = Array.from({ length: SUBKEYS }, (_, i) => base + WORD_BYTES * i)
    return [
      offsets.map((offset, i) =>
        integer.store(
          i32.constant(0),
          offset + STATE,
          integer.xor(subkey(unit, i), integer.load(key, offset)),
        ),
      ),
      set(left, integer.load(at, base)),
      set(right, integer.load(at, base + WORD_BYTES)),
    ]
  }

type Pin = (unit: Unit, half: number) => Code

/**
 * Nothing reads what this stores. V8 computes what it can as late as it can, so that the words that
 * every lane has looked up would all wait in registers at once, and there are too few of those from
 * three lanes on; but a store it keeps in its place, and so what is stored is computed by then.
 */
const pin: Pin = ({ base, integer }, half) => integer.store(i32.constant(0), base + PIN, get(half))

const enter =
  (salt: Code, pin: Pin) =>
  (unit: Unit): Code => {
    const { base, integer, left, right } = unit
    const salted = (half: number, word: number) =>
      integer.xor(get(half), integer.load(salt, base + WORD_BYTES * word))
    return [
      set(left, integer.xor(salted(left, 0), subkey(unit, 0))),
      set(right, salted(right, 1)),
      pin(unit, left),
    ]
  }

const round =
  (n: number, pin: Pin) =>
  (unit: Unit): Code => {
    const { base, integer, left, right } = unit
    const [from, to] = n % 2 ? [left, right] : [right, left]
    const mixed = unit.feistel(get(from), base + S)
    // The subkey comes last: before, it would take a register from the look-ups.
    return [set(to, integer.xor(mixed, integer.xor(get(to), subkey(unit, n)))), pin(unit, to)]
  }

const leave =
  (at: Code) =>
  (unit: Unit): Code => {
    const { base, integer, left, right } = unit
    return [
      // The halves change places by way of the stack.
      [get(left), set(left, integer.xor(get(right), subkey(unit, ROUNDS + 1))), set(right, [])],
      integer.store(at, base + BLOCK_BYTES, get(left)),
      integer.store(at, base + BLOCK_BYTES + WORD_BYTES, get(right)),
    ]
  }

const PARAMETERS = 4
/** Up to this many lanes are faster one by one than in pairs. */
const MOST_SINGLE = 4
/** Up to this many are faster without pins. */
const MOST_LOOSE = 2

/** The halves of the units are variables in this order: of i32, then of i64, then two spare ones. */
const unitsOf = (lanes: number, pairBytes: number) => {
  const pairs = lanes > MOST_SINGLE ? lanes >> 1 : 0
  const singles = lanes - 2 * pairs
  const first = PARAMETERS + 1
  const spare = first + 2 * (singles + pairs)
  const unit = (lane: number, variable: number) => ({
    base: baseOf(lane, pairBytes),
    left: first + 2 * variable,
    right: first + 2 * variable + 1,
  })
  const units = [
    ...Array.from({ length: singles }, (_, i): Unit => ({
      ...unit(2 * pairs + i, i),
      integer: i32,
      feistel,
    })),
    ...Array.from({ length: pairs }, (_, i): Unit => ({
      ...unit(2 * i, singles + i),
      integer: i64,
      feistel: feistelOfTwo(spare, spare + 1),
    })),
  ]
  return { units, locals: { i32: 1 + 2 * singles, i64: 2 * pairs + 2 } }
}

/**
 * `(at, last, key, salt)`, all offsets into every lane: xors the key into the subkeys; then, from the
 * block at `at` on, makes the next block the encryption of this one xored with half of the two blocks
 * of salt, the first where `at` is a multiple of two blocks; and stops once it has made the one at
 * `last`.
 *
 * The lanes take turns within each round, so that a core has work of the others' while one of them
 * waits for its four words: see feistel.
 */
export const walk = (lanes: number, pairBytes: number): WasmFunction => {
  const [at, last, key, salt, half] = [get(0), get(1), get(2), get(3), PARAMETERS]
  const { units, locals } = unitsOf(lanes, pairBytes)
  const pinned = lanes > MOST_LOOSE ? pin : () => []
  const block = [
    set(half, i32.add(salt, i32.and(at, NEXT))),
    units.map(enter(get(half), pinned)),
    Array.from({ length: ROUNDS }, (_, i) => units.map(round(i + 1, pinned))),
    units.map(leave(at)),
    set(0, i32.add(at, NEXT)),
  ]
  return {
    parameters: PARAMETERS,
    locals,
    body: [units.map(begin(at, key)), repeat(block, ltU(at, last))],
  }
}
