/** A long run as a person sees it: shown while it goes on, and ended by the first signal. */
import { systemClock } from '../../clock.ts'
import { untilStopped } from '../../ops/shutdown.ts'
import { watch, type Display, type View } from './display.ts'
import type { Host } from '../host.ts'

export interface Shown<T> {
  readonly host: Host
  readonly run: {
    readonly start: () => Promise<T>
    /** Takes up nothing more; what was begun ends. */
    readonly stop: () => void
  }
  readonly display: Display
  readonly view: () => View
}

/** @returns how it ended, unless a signal came first */
export const showRun = async <T>({
  host,
  run,
  display,
  view,
}: Shown<T>): Promise<{ end: T | undefined; isInterrupted: boolean }> => {
  const clock = systemClock
  const unwatch = watch(display, clock, view)
  try {
    const running = run.start()
    let isInterrupted = false
    const drain = async (): Promise<void> => {
      isInterrupted = true
      run.stop()
      await running
    }
    const { onSignal } = host
    const stopped = untilStopped({ onSignal, drain, clock, say: display.say })
    const end = await Promise.race([running, stopped.then(() => undefined)])
    return { end, isInterrupted }
  } finally {
    unwatch()
  }
}
