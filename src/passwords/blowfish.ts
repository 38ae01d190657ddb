/** Owns Blowfish (Schneier 1993) in lanes: keyed states that one WebAssembly function advances together. */
import {
  add,
  and,
  get,
  i32,
  load,
  ltU,
  repeat,
  set,
  shl,
  shrU,
  store,
  xor,
  type Code,
  type WasmFunction,
} from './wasm.ts'

const ROUNDS = 16
const SUBKEYS = ROUNDS + 2
const BOXES = 4
const BOX_BYTES = 4 * 256

export const BLOCK_BYTES = 8
export const KEY_BYTES = 4 * SUBKEYS
const STATE_BYTES = KEY_BYTES + BOXES * BOX_BYTES

/** Where a lane keeps what, in bytes from its beginning. A state is its subkeys, then its S-boxes. */
export const ZEROS = 0
export const STATE = ZEROS + KEY_BYTES
const S = STATE + KEY_BYTES
export const STATE_END = STATE + STATE_BYTES

/**
 * The state before any key is the first bits of pi's fraction, here from the series of Bailey,
 * Borwein and Plouffe (1997), summed from its smallest term.
 */
export const initialState = (): Uint8Array => {
  const guardBytes = 8
  let pi = 0n
  let one = 1n
  for (let k = BigInt(2 * (STATE_BYTES + guardBytes)); k >= 0n; k--, one <<= 4n) {
    const divisor = (((512n * k + 1024n) * k + 712n) * k + 194n) * k + 15n
    pi += ((120n * k * k + 151n * k + 47n) * one) / divisor
  }
  const fraction = pi.toString(16).slice(1)
  return Buffer.from(fraction, 'hex').subarray(0, STATE_BYTES).swap32()
}

interface Lane {
  /** The address of its beginning. */
  readonly base: number
  /** The variables that hold the halves of its block. */
  readonly left: number
  readonly right: number
}

const NEXT = i32(BLOCK_BYTES)
const subkey = ({ base }: Lane, i: number): Code => load(i32(0), base + STATE + 4 * i)

/** Masked byte offsets, with all else in the load's constant: no address is computed at run time. */
const feistel = (half: Code, boxes: number): Code => {
  const word = (byte: Code, box: number) => load(and(byte, i32(0x3fc)), boxes + box * BOX_BYTES)
  const a = word(shrU(half, i32(22)), 0)
  const b = word(shrU(half, i32(14)), 1)
  const c = word(shrU(half, i32(6)), 2)
  const d = word(shl(half, i32(2)), 3)
  return add(xor(add(a, b), c), d)
}

/** Xors the key into the subkeys, and takes up the block that comes before the first. */
const begin =
  (at: Code, key: Code) =>
  (lane: Lane): Code => [
    Array.from({ length: SUBKEYS }, (_, i) =>
      store(i32(0), lane.base + STATE + 4 * i, xor(subkey(lane, i), load(key, lane.base + 4 * i))),
    ),
    set(lane.left, load(at, lane.base)),
    set(lane.right, load(at, lane.base + 4)),
  ]

const enter =
  (salt: Code) =>
  (lane: Lane): Code => [
    set(lane.left, xor(get(lane.left), xor(load(salt, lane.base), subkey(lane, 0)))),
    set(lane.right, xor(get(lane.right), load(salt, lane.base + 4))),
  ]

const round =
  (n: number) =>
  (lane: Lane): Code => {
    const [from, to] = n % 2 ? [lane.left, lane.right] : [lane.right, lane.left]
    // The subkey comes first, so that it is done while the look-ups are awaited.
    return set(to, xor(xor(get(to), subkey(lane, n)), feistel(get(from), lane.base + S)))
  }

const leave =
  (at: Code, spare: number) =>
  (lane: Lane): Code => [
    set(spare, xor(get(lane.right), subkey(lane, ROUNDS + 1))),
    set(lane.right, get(lane.left)),
    set(lane.left, get(spare)),
    store(at, lane.base + BLOCK_BYTES, get(lane.left)),
    store(at, lane.base + BLOCK_BYTES + 4, get(lane.right)),
  ]

/**
 * `(at, last, key, salt)`, all offsets into every lane: xors the key into the subkeys; then, from the
 * block at `at` on, makes the next block the encryption of this one xored with half of the 16 bytes
 * of salt, the first half where `at` is a multiple of 16; and stops once it has made the one at `last`.
 *
 * The lanes take turns within each round, so that a core has work of the others' while one of them
 * waits for its four words: see feistel.
 */
export const walk = (lanes: number, laneBytes: number): WasmFunction => {
  const [at, last, key, salt, half, spare] = [get(0), get(1), get(2), get(3), 4, 5]
  const each = (emit: (lane: Lane) => Code): Code =>
    Array.from({ length: lanes }, (_, i) =>
      emit({ base: i * laneBytes, left: 6 + 2 * i, right: 7 + 2 * i }),
    )
  const block = [
    set(half, add(salt, and(at, NEXT))),
    each(enter(get(half))),
    Array.from({ length: ROUNDS }, (_, i) => each(round(i + 1))),
    each(leave(at, spare)),
    set(0, add(at, NEXT)),
  ]
  return {
    parameters: 4,
    locals: 2 + 2 * lanes,
    body: [each(begin(at, key)), repeat(block, ltU(at, last))],
  }
}
