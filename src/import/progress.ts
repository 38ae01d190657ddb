/** Owns what a person or a program sees of a run: a bar, plain lines, or events. */
import cliProgress from 'cli-progress'
import type { Clock } from '../clock.ts'
import type { Pace } from '../okta/client.ts'
import type { Snapshot } from './run.ts'

export interface Sight extends Snapshot {
  /** Rows settled a second, in this run. */
  readonly rate: number
  /** Seconds to the end at this rate, where the end is known. */
  readonly secondsLeft: number | undefined
  /** What Okta's limits make it wait for. */
  readonly waitingFor: string | undefined
}

export interface Display {
  readonly everyMs: number
  show(sight: Sight): void
  end(): void
}

const settledOf = ({ created, existing, rejected, failed, skipped }: Snapshot): number =>
  created + existing + rejected + failed + skipped

export const describeCounts = (counts: Snapshot): string => {
  const { created, existing, rejected, failed, skipped } = counts
  const told = `${created} created, ${existing} already there, ${rejected} rejected, ${failed} failed`
  return skipped === 0 ? told : `${told}, ${skipped} skipped as disabled`
}

export const describeSeconds = (seconds: number): string => {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (h > 0) return `${h} h ${m} min`
  return m > 0 ? `${m} min ${Math.floor(s)} s` : `${Math.ceil(s)} s`
}

const tail = ({ rate, secondsLeft, waitingFor }: Sight): string =>
  [
    `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`,
    ...(secondsLeft === undefined ? [] : [`about ${describeSeconds(secondsLeft)} left`]),
    ...(waitingFor === undefined ? [] : [waitingFor]),
  ].join(', ')

type Output = Pick<NodeJS.WritableStream, 'write'>

const createBar = (stream: NodeJS.WritableStream): Display => {
  const format = (
    _: unknown,
    { progress }: { progress: number },
    sight: Partial<Sight>,
  ): string => {
    const known = sight as Sight
    const percent = `${Math.floor(progress * 100)} %`
    const bar = cliProgress.Format.BarFormat(progress, {
      barsize: 24,
      barCompleteString: '█'.repeat(24),
      barIncompleteString: '░'.repeat(24),
      barGlue: '',
    })
    const share = known.behind === undefined ? '' : `${bar} ${percent}  `
    return `${share}${describeCounts(known)}  ${tail(known)}`
  }
  const bar = new cliProgress.SingleBar({ stream, format, hideCursor: true, linewrap: false })
  let started = false
  return {
    everyMs: 250,
    show: (sight) => {
      if (!started) bar.start(1, sight.behind ?? 0, sight)
      started = true
      bar.update(sight.behind ?? 0, sight)
    },
    end: () => bar.stop(),
  }
}

const createLines = (stream: Output): Display => ({
  everyMs: 5_000,
  show: (sight) => {
    const share = sight.behind === undefined ? '' : `${Math.floor(sight.behind * 100)} %, `
    stream.write(`${share}${describeCounts(sight)}; ${tail(sight)}\n`)
  },
  end: () => undefined,
})

const createEvents = (stream: Output): Display => ({
  everyMs: 5_000,
  show: (sight) => void stream.write(JSON.stringify({ event: 'progress', ...sight }) + '\n'),
  end: () => undefined,
})

export interface DisplayOptions {
  readonly json: boolean
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Events go to standard output, which a program reads; the others to standard error. */
export const chooseDisplay = ({ json, stdout, stderr }: DisplayOptions): Display => {
  if (json) return createEvents(stdout)
  return stderr.isTTY === true ? createBar(stderr) : createLines(stderr)
}

export interface WatchParts {
  readonly display: Display
  readonly snapshot: () => Snapshot
  readonly pace: () => Pace | undefined
  readonly clock: Clock
}

const waitOf = (pace: Pace | undefined, now: number): string | undefined => {
  const { reason, waitingUntil } = pace ?? {}
  if (waitingUntil === undefined || waitingUntil <= now) return undefined
  if (waitingUntil === Infinity) return reason
  return `waiting ${describeSeconds((waitingUntil - now) / 1000)}: ${reason ?? ''}`
}

/** Rows that an earlier run settled are passed over at once, and would promise too near an end. */
const secondsToEnd = ({ behind, before }: Snapshot, seconds: number): number | undefined =>
  behind === undefined || behind <= before
    ? undefined
    : Math.round(((1 - behind) / (behind - before)) * seconds)

/**
 * Shows the run again and again.
 * @returns what ends the showing
 */
export const watch = ({ display, snapshot, pace, clock }: WatchParts): (() => void) => {
  const begunAt = clock.now()
  const first = snapshot()
  const look = (): Sight => {
    const now = clock.now()
    const seconds = Math.max((now - begunAt) / 1000, 0.001)
    const current = snapshot()
    const rate = (settledOf(current) - settledOf(first)) / seconds
    const secondsLeft = secondsToEnd(current, seconds)
    return { ...current, rate, secondsLeft, waitingFor: waitOf(pace(), now) }
  }
  let cancel = (): void => undefined
  const tick = (): void => {
    display.show(look())
    cancel = clock.after(display.everyMs, tick)
  }
  cancel = clock.after(display.everyMs, tick)
  return () => {
    cancel()
    display.end()
  }
}
