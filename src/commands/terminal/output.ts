/** What a command says on standard output: to a person in words, to a program as events. */
import { jsonLine } from '../../text/json-line.ts'
import type { CommonOptions } from '../common-options.ts'
import type { Host } from '../host.ts'

/** Says one thing, of which words and event have the same facts. */
export type Tell = (words: string, event: object) => void

export const createTell =
  ({ stdout }: Pick<Host, 'stdout'>, { json }: CommonOptions): Tell =>
  (words, event) =>
    void stdout.write(json ? jsonLine(event) : words)
