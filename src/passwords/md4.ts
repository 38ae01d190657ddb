/** MD4 (RFC 1320), which Windows' NT hashes are made of, and which OpenSSL 3 no longer computes. */

const BLOCK_BYTES = 64
const LENGTH_BYTES = 8

/** The function, the constant, the order of the words and the shifts of each round. */
const ROUNDS = [
  {
    mix: (x: number, y: number, z: number): number => (x & y) | (~x & z),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number): number => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number): number => x ^ y ^ z,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
]

/** The message, one bit, zeros, and its length in bits: whole blocks. */
const padded = (message: Uint8Array): Buffer => {
  const blocks = Math.ceil((message.length + 1 + LENGTH_BYTES) / BLOCK_BYTES)
  const whole = Buffer.alloc(blocks * BLOCK_BYTES)
  whole.set(message)
  whole[message.length] = 0x80
  whole.writeBigUInt64LE(8n * BigInt(message.length), whole.length - LENGTH_BYTES)
  return whole
}

export const md4 = (message: Uint8Array): Uint8Array => {
  const whole = padded(message)
  let state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < whole.length; at += BLOCK_BYTES) {
    let [a, b, c, d] = state
    for (const { mix, add, order, shifts } of ROUNDS) {
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(b, c, d) + whole.readInt32LE(at + 4 * word) + add) | 0
        const shift = shifts[step % 4] ?? 0
        ;[a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c]
      }
    }
    state = [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0]
  }
  whole.fill(0)
  return new Uint8Array(Int32Array.from(state).buffer)
}
