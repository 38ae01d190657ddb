/** The life of a worker thread: where its file is, how it starts, and its replacement after it ends. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from './clock.ts'
import { programFile } from './files.ts'

/** The first file of each thread in src/, without its extension. The build makes a file of each in dist/. */
export const THREADS = {
  check: 'workers/worker',
  ledger: 'ledger/ledger-thread',
  counts: 'ledger/counts-thread',
  events: 'ledger/events/thread',
  sqlite: 'legacy/sql/sqlite-thread',
} as const

/** The file's extension is the one of this file: .ts in src/, .js in dist/. */
export const threadUrl = (thread: keyof typeof THREADS): URL =>
  programFile(THREADS[thread] + extname(import.meta.url))

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
