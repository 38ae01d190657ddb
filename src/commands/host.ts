/** Owns what a command may know of the process it runs in; tests hand in their own. */
import type { Environment } from '../config.ts'
import type { StopSignal } from '../ops/shutdown.ts'

export interface Host {
  readonly env: Environment
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly onSignal: (hear: (signal: StopSignal) => void) => void
}
