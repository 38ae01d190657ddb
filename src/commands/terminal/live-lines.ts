/** Draws lines at the end of a terminal's output, and redraws them in place. */
import type { Writable } from 'node:stream'

export type Terminal = Writable & { readonly columns?: number }

export interface LiveLines {
  /** How many characters fit into a line. */
  readonly columns: number
  /** Replaces the lines drawn before. Each character must take one column, so foreign text is not allowed. */
  draw(lines: readonly string[]): void
  /** Removes the lines, so that others can write. */
  clear(): void
}

const UP = (rows: number): string => `\x1b[${rows}A`
const ERASE_LINE = '\x1b[K'
const ERASE_BELOW = '\x1b[J'

/**
 * The cursor stays visible, in an empty line below: a terminal echoes Ctrl-C there, and a process that is killed leaves
 * nothing to repair.
 */
export const createLiveLines = (terminal: Terminal): LiveLines => {
  let drawn: readonly string[] = []
  const width = (): number => {
    // Some pseudo-terminals have no width and report 0.
    const { columns = 0 } = terminal
    return columns > 1 ? columns : 80
  }
  /** A terminal that became narrower has wrapped the lines into more rows. */
  const rows = (): number =>
    drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width())), 0)
  const toStart = (): string => (drawn.length === 0 ? '' : `\r${UP(rows())}`)
  return {
    get columns() {
      // Some terminals wrap a line that fills the last column.
      return width() - 1
    },
    draw(lines) {
      const text = lines.map((line) => `${line}${ERASE_LINE}\n`).join('')
      terminal.write(`${toStart()}${text}${drawn.length === 0 ? '' : ERASE_BELOW}`)
      drawn = lines
    },
    clear() {
      if (drawn.length > 0) terminal.write(toStart() + ERASE_BELOW)
      drawn = []
    },
  }
}
