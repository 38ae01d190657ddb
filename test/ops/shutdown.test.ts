/** The shutdown of a server: drained, or cut short by a second signal or by the limit. */
import { describe, expect, it, vi } from 'vitest'
import {
  HARD_STOP_MS,
  STOP_SIGNALS,
  untilStopped,
  type StopSignal,
} from '../../src/ops/shutdown.ts'
import { ManualClock } from '../support/clock.ts'

const start = (drain: (signal: StopSignal) => Promise<void>) => {
  const clock = new ManualClock()
  const logged: string[] = []
  let signal: (signal: StopSignal) => void = () => undefined
  const stopped = untilStopped({
    onSignal: (listener) => (signal = listener),
    drain,
    clock,
    log: (message) => logged.push(message),
  })
  return { clock, logged, stopped, signal: (name: StopSignal) => signal(name) }
}

const never = (): Promise<void> => new Promise(() => undefined)

describe('untilStopped', () => {
  it('returns 0 when the drain after the first signal is completed', async () => {
    const { stopped, signal, logged, clock } = start(() => Promise.resolve())
    signal('SIGTERM')
    expect(await stopped).toBe(0)
    expect(logged).toEqual([
      'SIGTERM: finishing the work in progress',
      'the work in progress is finished',
    ])
    expect(clock.pending).toEqual([])
  })

  it.each(STOP_SIGNALS)('passes the signal %s to the drain', async (name) => {
    const drain = vi.fn(() => Promise.resolve())
    const { stopped, signal } = start(drain)
    signal(name)
    expect(await stopped).toBe(0)
    expect(drain).toHaveBeenCalledExactlyOnceWith(name)
  })

  it('returns 1 at once at a second signal', async () => {
    const { stopped, signal } = start(never)
    signal('SIGTERM')
    signal('SIGINT')
    expect(await stopped).toBe(1)
  })

  it('returns 1 when the drain takes longer than the limit, and not before', async () => {
    const { stopped, signal, clock } = start(never)
    signal('SIGTERM')
    clock.advance(HARD_STOP_MS - 1)
    expect(await Promise.race([stopped, Promise.resolve('draining')])).toBe('draining')
    clock.advance(1)
    expect(await stopped).toBe(1)
  })

  it('passes on the error of a drain that fails', async () => {
    const { stopped, signal } = start(() => Promise.reject(new Error('stuck')))
    signal('SIGTERM')
    await expect(stopped).rejects.toThrow('stuck')
  })
})
