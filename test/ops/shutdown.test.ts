/** The end of a server: drained, cut short by a second signal, or by the limit. */
import { describe, expect, it, vi } from 'vitest'
import {
  HARD_STOP_MS,
  STOP_SIGNALS,
  untilStopped,
  type StopSignal,
} from '../../src/ops/shutdown.ts'
import { ManualClock } from '../support/clock.ts'

const begin = (drain: (signal: StopSignal) => Promise<void>) => {
  const clock = new ManualClock()
  const said: string[] = []
  let signal: (signal: StopSignal) => void = () => undefined
  const stopped = untilStopped({
    onSignal: (hear) => (signal = hear),
    drain,
    clock,
    log: (message) => said.push(message),
  })
  return { clock, said, stopped, signal: (name: StopSignal) => signal(name) }
}

const never = (): Promise<void> => new Promise(() => undefined)

describe('untilStopped', () => {
  it('is 0 when the first signal could be honoured to the end', async () => {
    const { stopped, signal, said, clock } = begin(() => Promise.resolve())
    signal('SIGTERM')
    expect(await stopped).toBe(0)
    expect(said).toEqual([
      'SIGTERM: finishing the work in progress',
      'the work in progress is finished',
    ])
    expect(clock.pending).toEqual([])
  })

  it.each(STOP_SIGNALS)('tells the drain that %s began it', async (name) => {
    const drain = vi.fn(() => Promise.resolve())
    const { stopped, signal } = begin(drain)
    signal(name)
    expect(await stopped).toBe(0)
    expect(drain).toHaveBeenCalledExactlyOnceWith(name)
  })

  it('is 1 at once at a second signal', async () => {
    const { stopped, signal } = begin(never)
    signal('SIGTERM')
    signal('SIGINT')
    expect(await stopped).toBe(1)
  })

  it('is 1 when the drain takes longer than the limit, and not before', async () => {
    const { stopped, signal, clock } = begin(never)
    signal('SIGTERM')
    clock.advance(HARD_STOP_MS - 1)
    expect(await Promise.race([stopped, Promise.resolve('draining')])).toBe('draining')
    clock.advance(1)
    expect(await stopped).toBe(1)
  })

  it('passes on a drain that fails', async () => {
    const { stopped, signal } = begin(() => Promise.reject(new Error('stuck')))
    signal('SIGTERM')
    await expect(stopped).rejects.toThrow('stuck')
  })
})
