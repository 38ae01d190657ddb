/** Computes bcrypt (Provos and Mazières 1999) for several passwords at once. */
import {
  baseOf,
  BLOCK_BYTES,
  BLOWFISH_END,
  initialState,
  KEY_BYTES,
  STATE,
  STATE_END,
  SUBKEYS,
  walk,
  WORD_BYTES,
  wordsOf,
  ZEROS,
} from './blowfish.ts'
import type { BcryptVariant } from '../family.ts'
import { instantiate } from './wasm.ts'

export interface Keyed {
  readonly variant: BcryptVariant
  readonly password: Uint8Array
  /** 16 bytes. */
  readonly salt: Uint8Array
}

export interface Lanes {
  /**
   * Hashes as many passwords as there are lanes, or fewer, and passes each hash of 23 bytes to `read`. Every
   * result is wiped before this returns, and so are the hashes.
   * @throws TypeError for no password, or too many
   */
  hash<K extends Keyed, R>(
    keyed: readonly K[],
    cost: number,
    read: (hash: Uint8Array, keyed: K) => R,
  ): R[]
}

/** Three blocks that are encrypted 64 times: chains of 1 + 64 blocks. */
const MAGIC = wordsOf(Buffer.from('OrpheanBeholderScryDoubt'))
const CHAIN_BYTES = 64 * BLOCK_BYTES
const HASH_BYTES = 23

/** The layout of a lane, in bytes from its start, after what Blowfish keeps there. */
const KEY = BLOWFISH_END
const SALT = KEY + KEY_BYTES
const CHAINS = [0, 1, 2].map((i) => SALT + KEY_BYTES + i * (BLOCK_BYTES + CHAIN_BYTES))
const PAIR_BYTES = SALT + KEY_BYTES + CHAINS.length * (BLOCK_BYTES + CHAIN_BYTES)

/** Repeats the bytes to the length of a key; signed bytes, as the bug took them. */
const cycle = (bytes: Uint8Array | Int8Array): Int32Array =>
  Int32Array.from({ length: SUBKEYS }, (_, i) =>
    [0, 1, 2, 3].reduce((word, j) => (word << 8) | (bytes[(4 * i + j) % bytes.length] ?? 0), 0),
  )

/**
 * Where signed bytes changed nothing although there were some, crypt_blowfish makes `2a` differ on
 * purpose (BF_set_key): such a password may be made to collide with another's hash of old. It takes
 * a byte of 255 to be one, and UTF-8 has none.
 */
const SAFETY = 0x10000
const safetyOf = (right: Int32Array, buggy: Int32Array): number =>
  right.some((word) => word & 0x808080) && right.every((word, i) => word === buggy[i]) ? SAFETY : 0

/** @throws whatever the runtime throws if it refuses WebAssembly */
export const createLanes = (most: number): Lanes => {
  const sizes = Array.from({ length: most }, (_, i) => i + 1)
  const instance = instantiate(
    1,
    sizes.map((lanes) => walk(lanes, PAIR_BYTES)),
  )
  const memory = Buffer.from(instance.memory)
  const hash = Buffer.alloc(4 * MAGIC.length)
  const initial = initialState()

  const put = (address: number, words: Int32Array) =>
    words.forEach((word, i) => memory.writeInt32LE(word, address + WORD_BYTES * i))

  const prepare = ({ variant, password, salt }: Keyed, base: number) => {
    const terminated = new Uint8Array(password.length + 1)
    terminated.set(password)
    const right = cycle(terminated)
    const buggy = cycle(new Int8Array(terminated.buffer))
    put(base + STATE, initial)
    const safety = variant === '2a' ? safetyOf(right, buggy) : 0
    memory.writeInt32LE(memory.readInt32LE(base + STATE) ^ safety, base + STATE)
    put(base + KEY, variant === '2x' ? buggy : right)
    put(base + SALT, cycle(salt))
    CHAINS.forEach((chain, i) => put(base + chain, MAGIC.subarray(2 * i, 2 * i + 2)))
    for (const secret of [terminated, right, buggy]) secret.fill(0)
  }

  const collect = (base: number): Uint8Array => {
    CHAINS.forEach((chain, i) => {
      const last = base + chain + CHAIN_BYTES
      hash.writeInt32BE(memory.readInt32LE(last), 8 * i)
      hash.writeInt32BE(memory.readInt32LE(last + WORD_BYTES), 8 * i + 4)
    })
    return hash.subarray(0, HASH_BYTES)
  }

  return {
    hash(keyed, cost, read) {
      const advance = instance.functions[keyed.length - 1]
      if (!advance) throw new TypeError(`${keyed.length} passwords for ${most} lanes`)
      const expand = (key: number, salt: number) =>
        advance(STATE - BLOCK_BYTES, STATE_END - BLOCK_BYTES, key, salt)
      try {
        keyed.forEach((each, lane) => prepare(each, baseOf(lane, PAIR_BYTES)))
        expand(KEY, SALT)
        for (let round = 2 ** cost; round > 0; round--) {
          expand(KEY, ZEROS)
          expand(SALT, ZEROS)
        }
        for (const chain of CHAINS) advance(chain, chain + CHAIN_BYTES, ZEROS, ZEROS)
        return keyed.map((each, lane) => read(collect(baseOf(lane, PAIR_BYTES)), each))
      } finally {
        memory.fill(0)
        hash.fill(0)
      }
    },
  }
}
