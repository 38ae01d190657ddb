/** Owns the asking for a secret: at a terminal without echo, else a line from standard input. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Host } from './host.ts'

/** @returns the line without its end; empty where the input ends before, as Ctrl-C ends it */
export const askSecret = async (question: string, { stdin, stderr }: Host): Promise<string> => {
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
