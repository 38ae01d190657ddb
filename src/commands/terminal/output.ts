/** Prints to standard output: words for a person, events for a program. */
import { jsonLine } from '../../text/json-line.ts'
import type { CommonOptions } from '../common-options.ts'
import type { CommandContext } from '../context.ts'

/** Prints one message; its words and its event have the same content. */
export type Print = (words: string, event: object) => void

export const createPrint =
  ({ stdout }: Pick<CommandContext, 'stdout'>, { json }: CommonOptions): Print =>
  (words, event) =>
    void stdout.write(json ? jsonLine(event) : words)
