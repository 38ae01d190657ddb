/** Runs `okta-migrate import` inside the test's own process, which saves the time of a start. */
import { PassThrough, Readable } from 'node:stream'
import { CommanderError } from 'commander'
import type { CommandContext } from '../../src/commands/context.ts'
import { importCommand } from '../../src/commands/import/import.ts'
import { asAppError } from '../../src/errors/errors.ts'
import type { Ended } from './command.ts'

const collect = () => {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

export const runImport = async (
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> => {
  const [stdout, stderr] = [collect(), collect()]
  let code = 2
  const host: CommandContext = {
    version: 'test',
    args: ['import', ...args],
    env,
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    onSignal: () => undefined,
  }
  const command = importCommand(async (work) => {
    code = await work(host).catch((err: unknown) => {
      const { row, detail } = asAppError(err)
      stderr.stream.write(`${row.sentence}\n${detail ?? ''}\n${row.remedy}\n`)
      return row.exit ?? 1
    })
  })
  command.exitOverride().configureOutput({ writeErr: (text) => stderr.stream.write(text) })
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (err) {
    if (!(err instanceof CommanderError)) throw err
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}
