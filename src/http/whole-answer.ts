/** Sends a request by undici, and collects its answer up to a size limit. */
import type { Dispatcher } from 'undici'

export interface WholeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Undefined where the body is longer than allowed. */
  readonly text: string | undefined
}

export interface AnswerBounds {
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/** Without undici's stream of the body, which costs an import as much as all else that it does for a request. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #bounds: AnswerBounds
  readonly #resolve: (answer: WholeAnswer) => void
  readonly #reject: (err: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: WholeAnswer['headers'] = {}
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(
    bounds: AnswerBounds,
    resolve: (answer: WholeAnswer) => void,
    reject: (err: unknown) => void,
  ) {
    this.#bounds = bounds
    this.#resolve = resolve
    this.#reject = reject
    bounds.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  readonly #abort = (): void => {
    const reason = this.#bounds.signal?.reason as Error
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  #end(text: string | undefined): void {
    this.#bounds.signal?.removeEventListener('abort', this.#abort)
    this.#resolve({ status: this.#status, headers: this.#headers, text })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#bounds.signal?.aborted) this.#abort()
  }

  /** Called for each informational answer too: the last one counts. */
  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: WholeAnswer['headers'],
  ): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.byteLength
    if (this.#bytes <= this.#bounds.maxBytes) {
      this.#chunks.push(chunk)
      return
    }
    this.#chunks = []
    this.#end(undefined)
    controller.abort(new Error('the answer is too large'))
  }

  onResponseEnd(): void {
    this.#end(Buffer.concat(this.#chunks).toString())
  }

  onResponseError(_: unknown, err: Error): void {
    this.#bounds.signal?.removeEventListener('abort', this.#abort)
    this.#reject(err)
  }
}

/** @throws undici's error where there is no answer; the signal's reason once it is aborted */
export const fetchWhole = (
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  bounds: AnswerBounds,
): Promise<WholeAnswer> =>
  new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new Collector(bounds, resolve, reject))
  })
