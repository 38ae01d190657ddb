/** The words and colours for the results of checks. */
import { numberOf } from '../../text/figure.ts'
import type { Colourise } from '../terminal/colour.ts'
import type { Level, CheckRow } from './table.ts'

const WORDS: Readonly<Record<Level, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'failed',
  unknown: 'not checked',
}

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const

const WIDTH = 'not checked'.length
const TOPIC_WIDTH = 'configuration'.length

const INDENT = ' '.repeat(WIDTH + TOPIC_WIDTH + 4)

/** One in one line, several below each other. */
const describeFix = (fix: string): string =>
  fix.includes('\n') ? `Fix:\n  ${fix.replaceAll('\n', '\n  ')}` : `Fix: ${fix}`

export const createRowPrinter =
  (colourise: Colourise) =>
  ({ topic, level, text, fix }: CheckRow): string => {
    const word = WORDS[level].padEnd(WIDTH)
    const shown = level === 'unknown' ? word : colourise(COLOURS[level], word)
    const remedy = fix === undefined ? '' : `\n${describeFix(fix)}`
    const lines = `${text}${remedy}`.replaceAll('\n', `\n${INDENT}`)
    return `${shown}  ${topic.padEnd(TOPIC_WIDTH)}  ${lines}`
  }

/** How many of each there are, the worst first. */
export const describeLevels = (rows: readonly CheckRow[]): string => {
  const counts = (['failed', 'warning', 'unknown', 'ok'] as const).map((level) => {
    const word = WORDS[level]
    const count = rows.filter((row) => row.level === level).length
    return numberOf(count, word, level === 'warning' ? undefined : word)
  })
  return `${counts.join(', ')}.`
}
