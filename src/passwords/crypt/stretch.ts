/** The rounds of crypt(3) by SHA, in WebAssembly: each hashes a message that holds the digest of the one before. */
import { instantiate } from '../bcrypt/wasm.ts'
import { constantsOf, constantWords, hashMessage, SHA2 } from './sha2.ts'

/** A message, and where in it the last digest belongs. */
export interface Message {
  readonly bytes: Uint8Array
  readonly at: number
}

/** @returns the digest after all rounds; `choose` says which message the round has */
export type Stretch = (
  messages: readonly Message[],
  first: Uint8Array,
  rounds: number,
  choose: (round: number) => number,
) => Uint8Array

/** Room for the end of a message: one bit and its length. */
const paddedLength = (length: number, wordBytes: number): number =>
  Math.ceil((length + 1 + 2 * wordBytes) / (16 * wordBytes)) * 16 * wordBytes

/** @throws whatever the runtime throws if it refuses WebAssembly */
export const createStretch = (digest: 'sha256' | 'sha512'): Stretch => {
  const sha = SHA2[digest]
  const { wordBytes } = sha
  const instance = instantiate(1, [hashMessage(sha)])
  const memory = Buffer.from(instance.memory)
  const result = wordBytes * constantWords(sha)
  const constants = Buffer.alloc(result)
  constantsOf(sha).forEach((value, i) => {
    if (wordBytes === 8) constants.writeBigUInt64LE(value, 8 * i)
    else constants.writeUInt32LE(Number(value), 4 * i)
  })
  const start = result + 8 * wordBytes

  return (messages, first, rounds, choose) => {
    const [hash] = instance.functions
    if (!hash) throw new TypeError('no function')
    try {
      memory.set(constants)
      let end = start
      const placed = messages.map(({ bytes, at }) => {
        const from = end
        end += paddedLength(bytes.length, wordBytes)
        if (end > memory.length) throw new TypeError('messages too long')
        memory.set(bytes, from)
        memory[from + bytes.length] = 0x80
        memory.writeUInt32BE(8 * bytes.length, end - 4)
        return { from, to: end, at: from + at }
      })
      let next = placed[choose(0)]
      if (next) memory.set(first, next.at)
      for (let round = 1; round <= rounds; round++) {
        if (!next) break
        const { from, to } = next
        next = placed[choose(round)]
        hash(from, to, round === rounds ? result : (next?.at ?? result))
      }
      return Uint8Array.from(memory.subarray(result, start))
    } finally {
      memory.fill(0)
    }
  }
}
