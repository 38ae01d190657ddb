/** The check that a legacy store must pass before it is asked: at its start, and again after a failure. */
import type { Clock } from '../clock.ts'
import type { AppError } from '../errors/errors.ts'
import type { LegacyStore, StoreState } from './store.ts'

/** How long the result of a check that did not pass stands, so that a crowd of calls makes few of them. */
export const CHECK_AGAIN_MS = 1_000

interface StoreCheckDeps<S, P> {
  readonly store: S
  readonly clock: Clock
  readonly run: () => Promise<P>
  /** `legacy_unusable` refuses the store. */
  readonly toError: (err: unknown) => AppError
  /** Told of each result that differs from the one before. */
  readonly onCheck: ((store: S, failure: AppError | undefined) => void) | undefined
}

export class StoreCheck<S extends LegacyStore, P extends object> {
  readonly #deps: StoreCheckDeps<S, P>
  #passed: P | undefined
  #running: Promise<P> | undefined
  #failure: { readonly error: AppError; readonly at: number } | undefined
  #lastReport: string | undefined
  #isStarting = true

  constructor(deps: StoreCheckDeps<S, P>) {
    this.#deps = deps
  }

  get passed(): P | undefined {
    return this.#passed
  }

  get state(): StoreState {
    if (this.#passed) return 'ok'
    return this.#failure?.error.code === 'legacy_unusable' ? 'refused' : 'unreachable'
  }

  /** @throws AppError `legacy_unusable` where the store cannot serve; it is closed then */
  async start(): Promise<void> {
    await this.run().catch(async (err: unknown) => {
      // A store that is away may come back before the first call; calls are answered 503 until then.
      if (this.state !== 'refused') return
      await this.#deps.store.close()
      throw err
    })
    this.#isStarting = false
  }

  /** One check at a time, whatever the number of callers. */
  run(): Promise<P> {
    const { error, at = -Infinity } = this.#failure ?? {}
    if (error && this.#deps.clock.now() - at < CHECK_AGAIN_MS) return Promise.reject(error)
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return this.#running
  }

  /** The store may have changed: it is checked before it is asked again. */
  revoke(): void {
    this.#passed = undefined
  }

  refuse(err: unknown): AppError {
    const error = this.#deps.toError(err)
    this.#passed = undefined
    this.#failure = { error, at: this.#deps.clock.now() }
    // At a start it is thrown, and ends it.
    if (!this.#isStarting || this.state !== 'refused') this.#report(error)
    return error
  }

  async #run(): Promise<P> {
    const passed = await this.#deps.run().catch((err: unknown) => {
      throw this.refuse(err)
    })
    this.#passed = passed
    this.#failure = undefined
    this.#report(undefined)
    return passed
  }

  #report(failure: AppError | undefined): void {
    const { store, onCheck } = this.#deps
    const report = failure ? `${failure.code} ${failure.detail}` : JSON.stringify(store.findings)
    if (report === this.#lastReport) return
    this.#lastReport = report
    onCheck?.(store, failure)
  }
}
