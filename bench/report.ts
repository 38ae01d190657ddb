/** Shows measurements: tables in Markdown, bars in SVG, and the machine they were taken on. */
import { cpus, totalmem } from 'node:os'

export interface Table {
  readonly title: string
  /** What a reader must know to read the table. */
  readonly note?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export const markdown = ({ title, note, head, rows }: Table): string =>
  [
    `## ${title}\n`,
    ...(note === undefined ? [] : [`${note}\n`]),
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...rows.map(line),
    '',
  ].join('\n')

export const machine = (): string => {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${memory} GiB, Node.js ${process.version}, ${process.platform}`
}

export interface Bar {
  readonly name: string
  readonly value: number
  /** Drawn in the strong colour. */
  readonly ours: boolean
}

const BAR_HEIGHT = 22
const NAMES_WIDTH = 190
const BARS_WIDTH = 420

const drawBar = ({ name, value, ours }: Bar, i: number, most: number): string => {
  const y = 40 + i * (BAR_HEIGHT + 6)
  const width = Math.max(1, (value / most) * BARS_WIDTH)
  const text = `y="${y + 15}" font-size="13"`
  return [
    `<text x="${NAMES_WIDTH - 8}" text-anchor="end" ${text}>${name}</text>`,
    `<rect x="${NAMES_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${ours ? '#1662dd' : '#b4bccb'}"/>`,
    `<text x="${(NAMES_WIDTH + width + 6).toFixed(1)}" ${text}>${value.toFixed(1)}</text>`,
  ].join('\n')
}

/** @param bars drawn in their order, on one scale from zero */
export const chart = (title: string, bars: readonly Bar[]): string => {
  const most = Math.max(...bars.map(({ value }) => value))
  const size = `width="700" height="${50 + bars.length * (BAR_HEIGHT + 6)}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="24" font-size="15" font-weight="600">${title}</text>`,
    ...bars.map((bar, i) => drawBar(bar, i, most)),
    '</svg>',
    '',
  ].join('\n')
}
