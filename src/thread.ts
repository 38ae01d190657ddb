/** The life of a worker thread: where its file is, how it starts, and its replacement after it ends. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from './clock.ts'

/**
 * A thread's file has the extension of the file that starts it: `tsc` rewrites imports, and no URLs.
 * @param name of the file, without its extension, relative to `from`
 * @param from `import.meta.url` of the file that starts the thread
 */
export const threadUrl = (name: string, from: string): URL =>
  new URL(name + extname(new URL(from).pathname), from)

/** A thread needs none of the environment, which holds the hook's secret. */
export const startThread = (url: URL, workerData?: unknown, isPiped = false): Worker =>
  new Worker(url, { workerData, env: {}, stdout: isPiped, stderr: isPiped })

interface KeptThreadDeps<Message> {
  /** Starts the thread, and each one that replaces it. */
  readonly start: () => Worker
  readonly onMessage: (message: Message) => void
  /**
   * Called when a thread has ended.
   * @param cause the error that ended it, if any
   * @returns milliseconds until another one is started in its place
   */
  readonly onExit: (exitCode: number, cause: unknown) => number
  readonly clock: Clock
}

/** A thread, and another one each time that it ends. */
export class KeptThread<Message> {
  readonly #deps: KeptThreadDeps<Message>
  #worker: Worker | undefined
  #isStopped = false
  #cancelStart = (): void => undefined

  constructor(deps: KeptThreadDeps<Message>) {
    this.#deps = deps
    this.#start()
  }

  /** Undefined after one has ended, until another one is started. */
  get worker(): Worker | undefined {
    return this.#worker
  }

  /** From now on a thread that ends is not replaced. */
  stopReplacing(): void {
    this.#isStopped = true
    this.#cancelStart()
  }

  #start(): void {
    const { start, onMessage, onExit, clock } = this.#deps
    let cause: unknown
    this.#worker = start()
    this.#worker.on('message', onMessage)
    this.#worker.once('error', (err) => (cause = err))
    this.#worker.once('exit', (exitCode) => {
      this.#worker = undefined
      const delayMs = onExit(exitCode, cause)
      if (!this.#isStopped) this.#cancelStart = clock.after(delayMs, () => this.#start())
    })
  }
}
