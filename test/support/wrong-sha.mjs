/** Breaks one instruction of our SHA-256 and of our SHA-512 in WebAssembly, as a faulty runtime might. */
const { WebAssembly } = globalThis
const { Module } = WebAssembly

/** Smaller than those of bcrypt, of Node.js' TypeScript and of its HTTP. */
const MAX_SHA_BYTES = 20_000

/** The last exclusive or becomes an or: i32 of SHA-256, which has no rotation of i64, and i64 of SHA-512. */
const [XOR_32, XOR_64, ROTR_64] = [0x73, 0x85, 0x8a]

WebAssembly.Module = class extends Module {
  constructor(bytes) {
    if (bytes.length < MAX_SHA_BYTES) {
      bytes[bytes.lastIndexOf(bytes.includes(ROTR_64) ? XOR_64 : XOR_32)]--
    }
    super(bytes)
  }
}
