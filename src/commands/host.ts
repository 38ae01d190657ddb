/** Owns what a command may know of the process it runs in; tests hand in their own. */
import type { Readable, Writable } from 'node:stream'
import type { Environment } from '../config/load.ts'
import type { StopSignal } from '../ops/shutdown.ts'
import { readRegularFile } from '../regular-file.ts'

export interface Host {
  /** Of this program. */
  readonly version: string
  /** From the name of the command on. */
  readonly args: readonly string[]
  readonly env: Environment
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly onSignal: (hear: (signal: StopSignal) => void) => void
}

/** Runs a command's work in this process and ends it with the exit code that comes back. */
export type Perform = (work: (host: Host) => Promise<number>) => Promise<void>

/** @throws UnfitFile, and whatever the file system throws */
export const readText = (path: string, maxBytes: number): string =>
  readRegularFile(path, maxBytes).toString()
