/** Owns the writing of WebAssembly: functions of i32 parameters, without results, over one memory. */

/** Bytes, nested however they were put together. */
export type Code = number | readonly Code[]

export interface WasmFunction {
  readonly parameters: number
  /** Variables beside the parameters, numbered after them. */
  readonly locals: number
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
const leb = (n: number): Code => (n < 0x40 ? n : [0x80 | (n & 0x7f), leb(n >>> 7)])

const I32 = 0x7f
const END = 0x0b
/** Alignment is written as a power of two: four bytes. */
const ALIGNED = 2

const operator =
  (opcode: number) =>
  (a: Code, b: Code): Code => [a, b, opcode]

export const i32 = (n: number): Code => [0x41, leb(n)]
export const add = operator(0x6a)
export const and = operator(0x71)
export const xor = operator(0x73)
export const shl = operator(0x74)
export const shrU = operator(0x76)
export const ltU = operator(0x49)

export const get = (local: number): Code => [0x20, leb(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, leb(local)]
export const load = (address: Code, offset: number): Code => [address, 0x28, ALIGNED, leb(offset)]
export const store = (address: Code, offset: number, value: Code): Code => [
  [address, value],
  [0x36, ALIGNED, leb(offset)],
]

/** Runs the body once, and again for as long as the condition then holds. */
export const repeat = (body: Code, condition: Code): Code => [
  [0x03, 0x40],
  [body, condition],
  [0x0d, 0, END],
]

/** Typed loosely: TypeScript follows `flat` through every depth that there might be. */
const flatten = (code: Code): number[] => ([code] as unknown[]).flat(Infinity) as number[]

const sized = (code: Code): Code => {
  const content = flatten(code)
  return [leb(content.length), content]
}
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
      functions.map(({ parameters }) => [0x60, vector(Array<Code>(parameters).fill(I32)), 0]),
    ),
    section(3, indices.map(leb)),
    section(5, [[0, leb(pages)]]),
    section(7, [[name('memory'), 2, 0], ...indices.map((i) => [name(`${i}`), 0, leb(i)])]),
    section(
      10,
      functions.map(({ locals, body }) => sized([1, leb(locals), I32, body, END])),
    ),
  ]
  return Uint8Array.from(flatten(module))
}

/** @throws whatever the runtime throws where it has no WebAssembly, or refuses this one. */
export const instantiate = (pages: number, functions: readonly WasmFunction[]): Instance => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encode(pages, functions)))
  const { memory, ...rest } = exports as { memory: { buffer: ArrayBuffer } }
  // The names of integers come in their order.
  return { memory: memory.buffer, functions: Object.values(rest) }
}
