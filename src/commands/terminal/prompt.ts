/** Asks a person for a secret, without echo or from a pipe, or for a yes. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { CommandContext } from '../context.ts'

/** @returns the line without its ending; empty if the input ends first, for example by Ctrl-C */
export const askSecret = async (
  question: string,
  { stdin, stderr }: CommandContext,
): Promise<string> => {
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
export const askYes = (
  question: string,
  { stdin, stderr }: Pick<CommandContext, 'stdin' | 'stderr'>,
): Promise<boolean | undefined> => {
  const lines = createInterface({ input: stdin, output: stderr, terminal: true })
  return new Promise((resolve) => {
    lines.once('close', () => {
      resolve(undefined)
      stderr.write('\n')
    })
    lines.question(question, (line) => {
      resolve(/^\s*(y|yes)\s*$/i.test(line))
      lines.removeAllListeners('close')
      lines.close()
    })
  })
}
