/** Runs something long: shows its progress, and stops it at the first signal. */
import { systemClock } from '../../clock.ts'
import { untilStopped } from '../../ops/shutdown.ts'
import { showRegularly, type ProgressDisplay, type ProgressView } from './progress-display.ts'
import type { CommandContext } from '../context.ts'

export interface RunWithProgressDeps<T> {
  readonly host: CommandContext
  readonly run: {
    readonly start: () => Promise<T>
    /** Starts nothing new; what has started is finished. */
    readonly stop: () => void
  }
  readonly display: ProgressDisplay
  readonly view: () => ProgressView
}

/** @returns its result, unless a signal came first */
export const runWithProgress = async <T>({
  host,
  run,
  display,
  view,
}: RunWithProgressDeps<T>): Promise<{ end: T | undefined; isInterrupted: boolean }> => {
  const clock = systemClock
  const stopShowing = showRegularly(display, clock, view)
  try {
    const running = run.start()
    let isInterrupted = false
    const drain = async (): Promise<void> => {
      isInterrupted = true
      run.stop()
      await running
    }
    const { onSignal } = host
    const stopped = untilStopped({ onSignal, drain, clock, log: display.notify })
    const end = await Promise.race([running, stopped.then(() => undefined)])
    return { end, isInterrupted }
  } finally {
    stopShowing()
  }
}
