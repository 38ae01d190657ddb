/** Writes WebAssembly: functions of i32 parameters, without results, over one memory. */

/** Bytes, nested however they were put together. */
export type Code = number | readonly Code[]

export interface WasmFunction {
  readonly parameters: number
  /** Variables numbered after the parameters: first those of i32, then those of i64. */
  readonly locals: { readonly i32: number; readonly i64: number }
  readonly body: Code
}

type Callable = (...parameters: number[]) => void

export interface Instance {
  readonly memory: ArrayBuffer
  readonly functions: readonly Callable[]
}

/** TypeScript knows this global as a part of the DOM only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> }
}

/**
 * LEB128 of a natural number, with one group more wherever the last one's sign bit would be set: so
 * it reads the same signed and unsigned (WebAssembly Core Specification, "Integers").
 */
const leb = (n: number | bigint): Code =>
  n < 0x40 ? Number(n) : [0x80 | Number(BigInt(n) & 0x7fn), leb(BigInt(n) >> 7n)]

const END = 0x0b

const operator =
  (opcode: number) =>
  (a: Code, b: Code): Code => [a, b, opcode]

interface Type {
  readonly type: number
  readonly constant: number
  readonly load: number
  readonly store: number
  /** The opcode of addition; the others stand in one order after it. */
  readonly add: number
  /** Alignment is written as a power of two. */
  readonly aligned: number
}

const integer = ({ type, constant, load, store, add, aligned }: Type) => ({
  type,
  constant: (n: number | bigint): Code => [constant, leb(n)],
  load: (address: Code, offset: number): Code => [address, load, aligned, leb(offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    [address, value],
    [store, aligned, leb(offset)],
  ],
  add: operator(add),
  and: operator(add + 7),
  or: operator(add + 8),
  xor: operator(add + 9),
  shl: operator(add + 10),
  shrU: operator(add + 12),
  rotr: operator(add + 14),
})

export type Integer = ReturnType<typeof integer>

export const i32 = integer({
  type: 0x7f,
  constant: 0x41,
  load: 0x28,
  store: 0x36,
  add: 0x6a,
  aligned: 2,
})
export const i64 = integer({
  type: 0x7e,
  constant: 0x42,
  load: 0x29,
  store: 0x37,
  add: 0x7c,
  aligned: 3,
})

export const ltU = operator(0x49)
/** The lower half of an i64. */
export const wrap = (value: Code): Code => [value, 0xa7]
export const extendU = (value: Code): Code => [value, 0xad]

export const get = (local: number): Code => [0x20, leb(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, leb(local)]

/** Runs the body once, and again for as long as the condition then holds. */
export const repeat = (body: Code, condition: Code): Code => [
  [0x03, 0x40],
  [body, condition],
  [0x0d, 0, END],
]

const lengthOf = (code: Code): number => {
  if (typeof code === 'number') return 1
  let length = 0
  for (const part of code) length += lengthOf(part)
  return length
}

/** @returns where the next byte goes */
const write = (code: Code, bytes: Uint8Array, at: number): number => {
  if (typeof code === 'number') {
    bytes[at] = code
    return at + 1
  }
  for (const part of code) at = write(part, bytes, at)
  return at
}

const sized = (code: Code): Code => [leb(lengthOf(code)), code]
const vector = (items: readonly Code[]): Code => [leb(items.length), items]
const name = (text: string): Code => sized([...Buffer.from(text)])
const section = (id: number, items: readonly Code[]): Code => [id, sized(vector(items))]

/** The memory is exported as `memory`, each function as its number. */
const encode = (pages: number, functions: readonly WasmFunction[]): Uint8Array => {
  const indices = [...functions.keys()]
  const module = [
    [...Buffer.from('\0asm\x01\0\0\0')],
    section(
      1,
      functions.map(({ parameters }) => [0x60, vector(Array<Code>(parameters).fill(i32.type)), 0]),
    ),
    section(3, indices.map(leb)),
    section(5, [[0, leb(pages)]]),
    section(7, [[name('memory'), 2, 0], ...indices.map((i) => [name(`${i}`), 0, leb(i)])]),
    section(
      10,
      functions.map(({ locals, body }) =>
        sized([
          vector([
            [leb(locals.i32), i32.type],
            [leb(locals.i64), i64.type],
          ]),
          body,
          END,
        ]),
      ),
    ),
  ]
  const bytes = new Uint8Array(lengthOf(module))
  write(module, bytes, 0)
  return bytes
}

/** @throws whatever the runtime throws where it has no WebAssembly, or refuses this one. */
export const instantiate = (pages: number, functions: readonly WasmFunction[]): Instance => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encode(pages, functions)))
  const { memory, ...rest } = exports as { memory: { buffer: ArrayBuffer } }
  // The names of integers come in their order.
  return { memory: memory.buffer, functions: Object.values(rest) }
}
