/** Owns the asking for a secret: at a terminal without echo, else a line from standard input. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Host } from './host.ts'

/** @returns the line without its end; empty where the input ends at once */
export const askSecret = async (question: string, { stdin, stderr }: Host): Promise<string> => {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal })
  if (isTerminal) stderr.write(question)
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    // Ctrl-C ends the question, and with it the input.
    return await Promise.race([lines.question('').catch(() => ''), ended])
  } finally {
    lines.close()
    if (isTerminal) stderr.write('\n')
  }
}
