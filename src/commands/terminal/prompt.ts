/** Asks a person for a secret, without echo or from a pipe, for a line, or for a yes. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { CommandContext } from '../context.ts'

type Streams = Pick<CommandContext, 'stdin' | 'stderr'>

/** @returns the line without its ending; empty if the input ends first, for example by Ctrl-C */
export const askSecret = async (question: string, { stdin, stderr }: Streams): Promise<string> => {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal })
  if (isTerminal) stderr.write(question)
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    if (isTerminal) stderr.write('\n')
  }
}

/** @returns undefined if the question was cancelled, for example by Ctrl-C */
export const askLine = (
  question: string,
  { stdin, stderr }: Streams,
): Promise<string | undefined> => {
  const lines = createInterface({ input: stdin, output: stderr, terminal: true })
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined))
    lines.question(question, (line) => {
      resolve(line)
      lines.close()
    })
  })
}

/** @returns undefined if the question was cancelled */
export const askYes = async (question: string, host: Streams): Promise<boolean | undefined> => {
  const line = await askLine(question, host)
  if (line !== undefined) return /^\s*(y|yes)\s*$/i.test(line)
  host.stderr.write('\n')
  return undefined
}
