/** Writes figures and days the same way in all parts of a status. */
import { DAY_MS } from '../../clock.ts'
import { figure } from '../../text/figure.ts'

export const percentOf = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`

const LABEL = 26
const COUNT = 10

export const figureLine = (label: string, count: number, more = ''): string =>
  `${label.padEnd(LABEL)}${figure(count).padStart(COUNT)}${more && `   ${more}`}`

export const cellsLine = (label: string, cells: readonly string[]): string =>
  `${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(COUNT + 2)).join('')}`

/** Since 1970, as are all days here. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

export const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
