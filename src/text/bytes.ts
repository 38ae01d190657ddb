/** Describes a number of bytes in words. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** In whole numbers from ten on. */
export const describeBytes = (bytes: number): string => {
  const power = Math.min(Math.max(1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)), UNITS.length)
  const value = bytes / 1024 ** power
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[power - 1]}`
}
