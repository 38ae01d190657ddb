/** Asks a person for a secret, without echo or from a pipe, for a line, or for a yes. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { AppError } from '../../errors/errors.ts'
import type { CommandContext } from '../context.ts'

type Streams = Pick<CommandContext, 'stdin' | 'stderr' | 'noInput'>

const isTerminal = ({ stdin }: Streams): boolean => 'isTTY' in stdin && stdin.isTTY === true

/** Whether there is somebody who could answer, and may be asked. */
export const canAsk = (host: Streams): boolean => !host.noInput && isTerminal(host)

/** @returns the line without its ending; empty if the input ends first, for example by Ctrl-C, or may not be asked for */
export const askSecret = async (question: string, host: Streams): Promise<string> => {
  const { stdin, stderr } = host
  const isTyped = isTerminal(host)
  if (isTyped && host.noInput) return ''
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTyped })
  if (isTyped) stderr.write(question)
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    if (isTyped) stderr.write('\n')
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

/** @throws AppError `interrupted` where the question was cancelled */
export const askAnswer = async (question: string, host: Streams): Promise<string> => {
  const line = await askLine(question, host)
  if (line !== undefined) return line.trim()
  host.stderr.write('\n')
  throw new AppError('interrupted')
}

/**
 * Asks until the answer can be used.
 * @param read returns undefined for an answer to ask again after
 * @throws AppError `interrupted` where the question was cancelled
 */
export const askUntil = async (
  question: string,
  host: Streams,
  read: (answer: string) => string | undefined,
): Promise<string> => {
  for (;;) {
    const answer = read(await askAnswer(question, host))
    if (answer !== undefined) return answer
  }
}

/** @throws AppError `interrupted` where the question was cancelled */
export const askYes = async (question: string, host: Streams): Promise<boolean> =>
  /^(y|yes)$/i.test(await askAnswer(question, host))
