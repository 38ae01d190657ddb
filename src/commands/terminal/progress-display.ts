/** Shows progress: as live lines on a terminal, as a line now and then in a log, as events for a program. */
import type { Clock } from '../../clock.ts'
import { jsonLine } from '../../text/json-line.ts'
import type { CommandContext } from '../context.ts'
import { createLiveLines } from './live-lines.ts'

/** The progress at one moment, in each form. */
export interface ProgressView {
  readonly live: (columns: number) => readonly string[]
  readonly line: () => string | undefined
  readonly event: () => object
}

export interface ProgressDisplay {
  readonly everyMs: number
  readonly show: (view: ProgressView) => void
  /** Shows a message for the user, unless the command is quiet. */
  readonly notify: (message: string) => void
  /** Writes a line to standard error, even if the command is quiet. */
  readonly log: (line: string) => void
  /** Removes the live lines, so that others can write. */
  readonly clear: () => void
}

type Streams = Pick<CommandContext, 'stdout' | 'stderr' | 'env'>

/** Whether lines can be redrawn in place. In CI systems there are terminals, but no one is watching. */
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

/** Events go to standard output, which a program reads. */
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
 * Shows the progress at regular intervals.
 * @returns a function that stops it
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
