/** Why no fetch can work in this process, in words; undefined where it can. */

/** Node.js parses HTTP answers of `fetch` by WebAssembly, which --jitless takes away. Serving needs none. */
export const FETCH_TROUBLE: string | undefined = !('WebAssembly' in globalThis)
  ? 'this Node.js forbids WebAssembly (--jitless), which its fetch needs'
  : undefined
