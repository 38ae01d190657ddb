/** Shows progress: as live lines on a terminal, as a line now and then in a log, as events for a program. */
import type { Clock } from '../../clock.ts'
import { jsonLine } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'

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
const canRedraw = ({ stderr, env }: Streams): boolean =>
  stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI']

const ERASE_LINE = '\x1b[K'
const ERASE_BELOW = '\x1b[J'

/**
 * Draws lines at the end of a terminal's output, and redraws them in place.
 * The cursor stays visible, in an empty line below: a terminal echoes Ctrl-C there, and a process that is killed leaves
 * nothing to repair.
 */
const createLiveLines = (terminal: Streams['stderr']) => {
  let drawn: readonly string[] = []
  const width = (): number => {
    // Some pseudo-terminals have no width and report 0.
    const { columns = 0 } = terminal
    return columns > 1 ? columns : 80
  }
  /** A terminal that became narrower has wrapped the lines into more rows. */
  const rows = (): number =>
    drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width())), 0)
  const toStart = (): string => (drawn.length === 0 ? '' : `\r\x1b[${rows()}A`)
  return {
    /** How many characters fit into a line. */
    get columns() {
      // Some terminals wrap a line that fills the last column.
      return width() - 1
    },
    /** Replaces the lines drawn before. Each character must take one column, so foreign text is not allowed. */
    draw(lines: readonly string[]) {
      const text = lines.map((line) => `${line}${ERASE_LINE}\n`).join('')
      terminal.write(`${toStart()}${text}${drawn.length === 0 ? '' : ERASE_BELOW}`)
      drawn = lines
    },
    /** Removes the lines, so that others can write. */
    clear() {
      if (drawn.length > 0) terminal.write(toStart() + ERASE_BELOW)
      drawn = []
    },
  }
}

type WriteLine = (line: string) => void

const createLive = (stderr: Streams['stderr'], writeLine: WriteLine): ProgressDisplay => {
  const lines = createLiveLines(stderr)
  let last: ProgressView | undefined
  const show = (view: ProgressView): void => {
    last = view
    lines.draw(view.live(lines.columns))
  }
  const notify = (message: string): void => {
    lines.clear()
    writeLine(message)
    if (last) show(last)
  }
  const clear = (): void => {
    last = undefined
    lines.clear()
  }
  return { everyMs: 250, show, notify, log: notify, clear }
}

const nothing = (): void => undefined

const createLog = (log: WriteLine): ProgressDisplay => ({
  everyMs: 5_000,
  show: (view) => {
    const line = view.line()
    if (line !== undefined) log(line)
  },
  notify: log,
  log,
  clear: nothing,
})

/** Events go to standard output, which a program reads. */
const createEvents = (stdout: Streams['stdout'], log: WriteLine): ProgressDisplay => {
  const emit = (event: object): void => void stdout.write(jsonLine(event))
  return {
    everyMs: 5_000,
    show: (view) => emit(view.event()),
    notify: (message) => emit({ event: 'notice', message }),
    log,
    clear: nothing,
  }
}

export interface DisplayOptions {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
}

export const createDisplay = (host: Streams, { json, quiet }: DisplayOptions): ProgressDisplay => {
  const { stdout, stderr } = host
  const log = (line: string): void => void stderr.write(`${line}\n`)
  if (quiet) return { everyMs: 60_000, show: nothing, notify: nothing, log, clear: nothing }
  if (json) return createEvents(stdout, log)
  return canRedraw(host) ? createLive(stderr, log) : createLog(log)
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
