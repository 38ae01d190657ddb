/** The server of the soak: a process in which every garbage collection is a full one, and counted. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { HOOK_PATH } from '../../src/hook/app.ts'

/**
 * A full collection for every 2 MiB that a thread allocates, in all threads: V8's flags are the process's.
 * `--gc-interval` does nothing in a released Node.js.
 */
const FLAGS = ['--gc-global', '--max-semi-space-size=2', '--trace-gc']

export interface SoakedServer {
  readonly hook: URL
  /** Full collections so far, by the address of the thread's isolate. */
  readonly collections: ReadonlyMap<string, number>
  /** Log lines that report an error. A slow disk, which is a warning, proves nothing here. */
  readonly errors: readonly string[]
  /** @returns the exit code, or the signal that ended it */
  stop(): Promise<unknown>
}

/** The soak takes about a minute where nothing else needs the cores. One that takes longer than this hangs. */
const LIMIT_MS = 300_000

export const startServer = async (
  cli: string,
  settings: Readonly<Record<string, string>>,
): Promise<SoakedServer> => {
  const env = { PATH: process.env['PATH'], PORT: '0', ...settings }
  const child = spawn(process.execPath, [...FLAGS, cli, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const ended = once(child, 'close')
  const collections = new Map<string, number>()
  const errors: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('the server ended before it served')))
    createInterface(child.stdout).on('line', (line) => {
      const [, isolate] = /:(0x[0-9a-f]+)\].* Mark-Compact/.exec(line) ?? []
      if (isolate !== undefined) collections.set(isolate, (collections.get(isolate) ?? 0) + 1)
      if (line.includes('"level":"error"')) errors.push(line)
      const [, found] = /"url":"(http:[^"]+)"/.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  return {
    hook: new URL(HOOK_PATH, url),
    collections,
    errors,
    stop: async () => {
      child.kill('SIGTERM')
      const [code, signal] = (await ended) as [number | null, string | null]
      return code ?? signal
    },
  }
}
