/** What the thread that reads a SQLite file is sent and sends: `ready`, then a reply for each request, in order; it ends at `close`. */

export interface ReaderOptions {
  readonly path: string
  /** Milliseconds to wait for a writer's lock. */
  readonly busyMs: number
}

export interface ReaderRequest {
  readonly text: string
  readonly values: readonly string[]
}

export type ToReader = ReaderRequest | 'close'

export type ReaderReply =
  | {
      readonly columns: readonly string[]
      /** As they were declared; null where a column is an expression. */
      readonly types: readonly (string | null)[]
      readonly rows: readonly Record<string, unknown>[]
      readonly store: string
    }
  | { readonly code: string | undefined; readonly message: string }
