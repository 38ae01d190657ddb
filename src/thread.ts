/** Where the file of a worker thread is, for TypeScript and for what is compiled from it. */
import { extname } from 'node:path'

/**
 * A thread's file has the extension of the file that starts it: `tsc` rewrites imports, and no URLs.
 * @param name of the file, without its extension, relative to `from`
 * @param from `import.meta.url` of the file that starts the thread
 */
export const threadUrl = (name: string, from: string): URL =>
  new URL(name + extname(new URL(from).pathname), from)
