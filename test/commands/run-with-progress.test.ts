/** A long run that a signal stops: it finishes what has started, and says so before its summary. */
import { Readable, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { createDisplay } from '../../src/commands/terminal/progress-display.ts'
import { runWithProgress } from '../../src/commands/terminal/run-with-progress.ts'
import type { StopSignal } from '../../src/ops/shutdown.ts'

it('reports that the work in progress is finished before its caller reports the summary', async () => {
  const lines: string[] = []
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString())
      done()
    },
  })
  let signal: (name: StopSignal) => void = () => undefined
  const host = {
    version: '1',
    args: [],
    env: {},
    stdin: Readable.from([]),
    stdout,
    stderr: stdout,
    onSignal: (listener: typeof signal) => (signal = listener),
  }
  let finish: () => void = () => undefined
  const work = new Promise<void>((resolve) => (finish = resolve))
  const display = createDisplay(host, { json: true })
  const view = () => ({ live: () => [], line: () => '', event: () => ({}) })
  const run = { start: () => work, stop: () => finish() }
  const ended = runWithProgress({ host, run, display, view })
  signal('SIGTERM')
  await ended
  lines.push('summary')
  expect(lines).toEqual([
    expect.stringContaining('SIGTERM: finishing the work in progress'),
    expect.stringContaining('the work in progress is finished'),
    'summary',
  ])
})
