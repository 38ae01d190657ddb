/** Where the log goes when standard output is broken, full or not read: the server never waits and never ends. */
import { Writable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLogOutput } from '../../src/ops/log.ts'
import { ManualClock } from '../support/clock.ts'

/** A stream that can be written to again after an error, as those of the process can. */
const createStream = () => {
  const state = { text: '', code: '', isRead: true }
  const stream = new Writable({
    destroy(err, done) {
      done(err)
      // As Node.js does for its standard streams.
      ;(this as unknown as { _undestroy(): void })._undestroy()
    },
    write: (chunk: Buffer, _, done) => {
      if (state.code !== '') done(Object.assign(new Error('broken'), { code: state.code }))
      else if (state.isRead) {
        state.text += chunk.toString()
        done()
      }
    },
  })
  return Object.assign(state, { stream })
}

let clock: ManualClock
let stdout: ReturnType<typeof createStream>
let stderr: ReturnType<typeof createStream>
let missing: number[]
let output: ReturnType<typeof createLogOutput>
beforeEach(() => {
  clock = new ManualClock()
  ;[stdout, stderr, missing] = [createStream(), createStream(), []]
  output = createLogOutput(stdout.stream, stderr.stream, clock, (count) => missing.push(count))
})

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe.each(['EPIPE', 'ENOSPC', 'EIO', 'EAGAIN'])(
  'standard output that fails with %s',
  (code) => {
    it('has its lines written to standard error, once each, and counted', async () => {
      stdout.code = code
      for (const line of ['one\n', 'two\n']) {
        output.write(line)
        await nextTurn()
      }
      expect(stderr.text).toBe(
        `okta-migrate: the log cannot be written to standard output (${code}). It continues here.\none\ntwo\n`,
      )
      expect(output.failures).toBe(2)
    })

    it('is tried again after a second, and gets a line with the number of missing lines', async () => {
      stdout.code = code
      output.write('one\n')
      await nextTurn()
      stdout.code = ''
      clock.advance(999)
      output.write('two\n')
      clock.advance(1)
      output.write('three\n')
      await nextTurn()
      expect(stdout.text).toBe('three\n')
      expect(missing).toEqual([2])
      expect(output.failures).toBe(2)
    })
  },
)

describe('standard output that is not read', () => {
  it('loses lines beyond a limit to standard error', async () => {
    stdout.isRead = false
    const line = `${'x'.repeat(1023)}\n`
    for (let i = 0; i < 2_000; i++) output.write(line)
    await nextTurn()
    expect(stdout.stream.writableLength).toBe(1025 * 1024)
    expect(output.failures).toBe(2_000 - 1025)
    expect(stderr.text).toContain('(SLOW_READER)')
  })

  it('does not use more and more memory where standard error is not read either', () => {
    stdout.isRead = stderr.isRead = false
    const line = `${'x'.repeat(1023)}\n`
    for (let i = 0; i < 5_000; i++) output.write(line)
    expect(stdout.stream.writableLength + stderr.stream.writableLength).toBeLessThan(2_200_000)
    expect(output.failures).toBe(5_000 - 1025)
  })
})

it('two broken streams do not end the server', async () => {
  stdout.code = stderr.code = 'EPIPE'
  output.write('one\n')
  await nextTurn()
  output.write('two\n')
  expect(output.failures).toBe(2)
})
