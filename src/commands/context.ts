/** Describes what a command knows of the process it runs in, and prints to it. */
import type { Readable, Writable } from 'node:stream'
import type { Environment } from '../config/load.ts'
import type { StopSignal } from '../ops/shutdown.ts'
import { readRegularFile } from '../regular-file.ts'
import { jsonLine } from '../text/printable.ts'
import type { CommonOptions } from './common-options.ts'

export interface CommandContext {
  /** Of this program. */
  readonly version: string
  /** From the name of the command on. */
  readonly args: readonly string[]
  readonly env: Environment
  /** With --no-input: nothing may be asked, although there is a terminal. */
  readonly noInput?: boolean
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly onSignal: (listener: (signal: StopSignal) => void) => void
}

/** Runs a command's work in this process and ends it with the exit code that the work returns. */
export type Perform = (work: (context: CommandContext) => Promise<number>) => Promise<void>

/** @throws UnfitFile, and whatever the file system throws */
export const readText = (path: string, maxBytes: number): string =>
  readRegularFile(path, maxBytes).toString()

/** Prints one message; its words and its event have the same content. */
export type Print = (words: string, event: object) => void

export const createPrint =
  ({ stdout }: Pick<CommandContext, 'stdout'>, { json }: CommonOptions): Print =>
  (words, event) =>
    void stdout.write(json ? jsonLine(event) : words)

export const printNotices = (
  { stderr }: Pick<CommandContext, 'stderr'>,
  notices: readonly string[],
): void => {
  for (const notice of notices) stderr.write(`okta-migrate: ${notice}\n`)
}
