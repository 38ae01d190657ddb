/** A terminal's screen: what a person sees after all escape sequences were applied. */
import { Writable } from 'node:stream'
import headless from '@xterm/headless'

/** Not done by an emulated terminal: on a real one, the system's driver turns a newline into CR LF. */
export const createScreen = (columns: number, rows = 24) => {
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    convertEol: true,
    allowProposedApi: true,
  })
  let raw = ''
  const stream = Object.assign(
    new Writable({
      write: (chunk: Buffer, _, done) => {
        raw += chunk.toString()
        terminal.write(chunk, done)
      },
    }),
    { isTTY: true, columns },
  )
  const flushed = (): Promise<void> => new Promise((resolve) => stream.write('', () => resolve()))
  return {
    stream,
    raw: () => raw,
    /** Text that the terminal itself writes, such as ^C. */
    echo: async (text: string): Promise<void> => {
      await flushed()
      await new Promise<void>((resolve) => terminal.write(text, resolve))
    },
    resize: async (to: number): Promise<void> => {
      await flushed()
      terminal.resize(to, rows)
      stream.columns = to
    },
    /** The lines with text, and those between them. */
    shown: async (): Promise<string> => {
      await flushed()
      const { active } = terminal.buffer
      const lines = Array.from(
        { length: active.length },
        (_, i) => active.getLine(i)?.translateToString(true) ?? '',
      )
      return lines.join('\n').trimEnd()
    },
  }
}
