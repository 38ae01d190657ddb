/** Where what goes on is shown: two lines on a terminal, a line now and then in a log, events for a program. */
import type { Clock } from '../../clock.ts'
import { jsonLine } from '../../text/json-line.ts'
import type { Host } from '../host.ts'
import { createLiveLines } from './live-lines.ts'

/** What there is to show at a moment, in each form; nothing where it is undefined. */
export interface View {
  readonly live: (columns: number) => readonly string[]
  readonly line: () => string | undefined
  readonly event: () => object
}

export interface Display {
  readonly everyMs: number
  readonly show: (view: View) => void
  /** Writes a line of its own. */
  readonly say: (message: string) => void
  /** Writes a line to standard error, whatever else is shown there or not. */
  readonly note: (line: string) => void
  /** Makes room on a terminal for what others write. */
  readonly clear: () => void
}

type Streams = Pick<Host, 'stdout' | 'stderr' | 'env'>

/** Whether lines can be drawn again in their place. CI systems have terminals that nobody looks at. */
export const canRedraw = ({ stderr, env }: Pick<Host, 'stderr' | 'env'>): boolean =>
  stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI']

const nothing = (): void => undefined

const createLive = ({ stderr }: Streams): Display => {
  const lines = createLiveLines(stderr)
  let last: View | undefined
  const show = (view: View): void => {
    last = view
    lines.draw(view.live(lines.columns))
  }
  const say = (message: string): void => {
    lines.clear()
    stderr.write(`${message}\n`)
    if (last) show(last)
  }
  return {
    everyMs: 250,
    show,
    say,
    note: say,
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

const createLog = ({ stderr }: Streams): Display => ({
  everyMs: 5_000,
  show: (view) => {
    const line = view.line()
    if (line !== undefined) stderr.write(`${line}\n`)
  },
  say: writeTo(stderr),
  note: writeTo(stderr),
  clear: nothing,
})

/** To standard output, which a program reads. */
const createEvents = ({ stdout, stderr }: Streams): Display => {
  const emit = (event: object): void => void stdout.write(jsonLine(event))
  return {
    everyMs: 5_000,
    show: (view) => emit(view.event()),
    say: (message) => emit({ event: 'notice', message }),
    note: writeTo(stderr),
    clear: nothing,
  }
}

const createQuiet = ({ stderr }: Streams): Display => ({
  everyMs: 60_000,
  show: nothing,
  say: nothing,
  note: writeTo(stderr),
  clear: nothing,
})

export interface Loudness {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
}

export const chooseDisplay = (host: Streams, { json, quiet }: Loudness): Display => {
  if (quiet) return createQuiet(host)
  if (json) return createEvents(host)
  return canRedraw(host) ? createLive(host) : createLog(host)
}

/**
 * Shows what there is, again and again.
 * @returns what ends it
 */
export const watch = (
  display: Display,
  clock: Pick<Clock, 'after'>,
  look: () => View,
): (() => void) => {
  let cancel = nothing
  const tick = (): void => {
    display.show(look())
    cancel = clock.after(display.everyMs, tick)
  }
  cancel = clock.after(display.everyMs, tick)
  return () => {
    cancel()
    display.clear()
  }
}
