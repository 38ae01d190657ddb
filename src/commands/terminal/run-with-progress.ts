/** Runs something long: shows its progress, and stops it at the first signal. */
import { systemClock } from '../../clock.ts'
import { untilStopped, type StopWords } from '../../ops/shutdown.ts'
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
  /** Of a run that finishes nothing when it is stopped. */
  readonly words?: StopWords
}

/** Of a run that only reads, and replaces its files at its end. */
export const COUNTS_NOTHING: StopWords = {
  stopping: 'stopping',
  stopped: 'Interrupted: nothing was counted, no file was changed.',
}

/** @returns its result, unless a signal came first */
export const runWithProgress = async <T>({
  host,
  run,
  display,
  view,
  words,
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
    const stopped = untilStopped({
      onSignal,
      drain,
      clock,
      log: display.notify,
      ...(words && { words }),
    })
    const end = await Promise.race([running, stopped.then(() => undefined)])
    return { end, isInterrupted }
  } finally {
    stopShowing()
  }
}
