/** What a command says on standard output: to a person in words, to a program as events. */
import { jsonLine } from '../../text/json-line.ts'
import type { CommonOptions } from '../common-options.ts'
import type { CommandContext } from '../context.ts'

/** Says one thing, of which words and event have the same facts. */
export type Print = (words: string, event: object) => void

export const createPrint =
  ({ stdout }: Pick<CommandContext, 'stdout'>, { json }: CommonOptions): Print =>
  (words, event) =>
    void stdout.write(json ? jsonLine(event) : words)
