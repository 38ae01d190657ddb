/** Where what goes on is shown: two lines on a terminal, a line now and then in a log, events for a program. */
import type { Clock } from '../../clock.ts'
import { jsonLine } from '../../text/json-line.ts'
import type { CommandContext } from '../context.ts'
import { createLiveLines } from './live-lines.ts'

/** What there is to show at a moment, in each form; nothing where it is undefined. */
export interface ProgressView {
  readonly live: (columns: number) => readonly string[]
  readonly line: () => string | undefined
  readonly event: () => object
}

export interface ProgressDisplay {
  readonly everyMs: number
  readonly show: (view: ProgressView) => void
  /** Writes a line of its own. */
  readonly notify: (message: string) => void
  /** Writes a line to standard error, whatever else is shown there or not. */
  readonly log: (line: string) => void
  /** Makes room on a terminal for what others write. */
  readonly clear: () => void
}

type Streams = Pick<CommandContext, 'stdout' | 'stderr' | 'env'>

/** Whether lines can be drawn again in their place. CI systems have terminals that nobody looks at. */
export const canRedraw = ({ stderr, env }: Pick<CommandContext, 'stderr' | 'env'>): boolean =>
  stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI']

const nothing = (): void => undefined

const createLive = ({ stderr }: Streams): ProgressDisplay => {
  const lines = createLiveLines(stderr)
  let last: ProgressView | undefined
  const show = (view: ProgressView): void => {
    last = view
    lines.draw(view.live(lines.columns))
  }
  const notify = (message: string): void => {
    lines.clear()
    stderr.write(`${message}\n`)
    if (last) show(last)
  }
  return {
    everyMs: 250,
    show,
    notify,
    log: notify,
    clear: () => {
      last = undefined
      lines.clear()
    },
  }
}

const writeTo =
  (stderr: Streams['stderr']) =>
  (line: string): void =>
    void stderr.write(`${line}\n`)

const createLog = ({ stderr }: Streams): ProgressDisplay => ({
  everyMs: 5_000,
  show: (view) => {
    const line = view.line()
    if (line !== undefined) stderr.write(`${line}\n`)
  },
  notify: writeTo(stderr),
  log: writeTo(stderr),
  clear: nothing,
})

/** To standard output, which a program reads. */
const createEvents = ({ stdout, stderr }: Streams): ProgressDisplay => {
  const emit = (event: object): void => void stdout.write(jsonLine(event))
  return {
    everyMs: 5_000,
    show: (view) => emit(view.event()),
    notify: (message) => emit({ event: 'notice', message }),
    log: writeTo(stderr),
    clear: nothing,
  }
}

const createQuiet = ({ stderr }: Streams): ProgressDisplay => ({
  everyMs: 60_000,
  show: nothing,
  notify: nothing,
  log: writeTo(stderr),
  clear: nothing,
})

export interface DisplayOptions {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
}

export const createDisplay = (host: Streams, { json, quiet }: DisplayOptions): ProgressDisplay => {
  if (quiet) return createQuiet(host)
  if (json) return createEvents(host)
  return canRedraw(host) ? createLive(host) : createLog(host)
}

/**
 * Shows what there is, again and again.
 * @returns what ends it
 */
export const showRegularly = (
  display: ProgressDisplay,
  clock: Pick<Clock, 'after'>,
  readView: () => ProgressView,
): (() => void) => {
  let cancel = nothing
  const tick = (): void => {
    display.show(readView())
    cancel = clock.after(display.everyMs, tick)
  }
  cancel = clock.after(display.everyMs, tick)
  return () => {
    cancel()
    display.clear()
  }
}
