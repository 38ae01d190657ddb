/** The axes of a chart: round numbers to mark, and where a value is. */

/** A number of marks that can be read, up to a round number above the greatest value: 1, 2 or 5 times a power of ten. */
export const marksUpTo = (greatest: number): readonly number[] => {
  const rough = Math.max(greatest, 4) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.ceil([1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough) ?? 1)
  return Array.from({ length: Math.ceil(greatest / step) + 1 }, (_, index) => index * step)
}

export const shortNumber = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toLocaleString('en-US')}k` : value.toLocaleString('en-US')

export interface Axis {
  readonly from: number
  readonly to: number
}

/** Maps a value of one axis to one of another, with two digits: enough for a screen. */
export const between =
  (values: Axis, places: Axis) =>
  (value: number): number => {
    const part = (value - values.from) / Math.max(values.to - values.from, 1e-9)
    return Number((places.from + part * (places.to - places.from)).toFixed(2))
  }
