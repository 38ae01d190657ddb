/** The prompt for a secret: what is typed is read, and shown nowhere. */
import { PassThrough, Readable, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { askSecret } from '../../src/commands/terminal/prompt.ts'

const ask = async (stdin: Readable, noInput = false) => {
  let shown = ''
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      shown += chunk.toString()
      done()
    },
  })
  const rest = {
    version: '',
    args: [],
    env: {},
    stdout: stderr,
    stderr,
    onSignal: () => undefined,
    noInput,
  }
  return { secret: await askSecret('Password: ', { stdin, ...rest }), shown }
}

/** As much of a terminal as readline needs. */
const terminal = (...keys: string[]) => {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  for (const key of keys) input.write(key)
  return input
}

it('the prompt reads a typed line, and echoes nothing of it', async () => {
  expect(await ask(terminal('Flöat ön', '\r'))).toEqual({
    secret: 'Flöat ön',
    shown: 'Password: \n',
  })
})

it('the prompt reads the first line of a pipe, and prints nothing', async () => {
  expect(await ask(Readable.from(['Float ', 'on\nmore\n']))).toEqual({
    secret: 'Float on',
    shown: '',
  })
})

it.each([
  ['Ctrl-C', terminal('half', '\u0003')],
  ['the end of input', Readable.from([])],
])('%s is not a secret', async (_, input) => {
  expect((await ask(input)).secret).toBe('')
})

it('--no-input asks nobody at a terminal, and still reads a pipe', async () => {
  expect(await ask(terminal('typed', '\r'), true)).toEqual({ secret: '', shown: '' })
  expect((await ask(Readable.from(['piped\n']), true)).secret).toBe('piped')
})
