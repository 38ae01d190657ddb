/** A guess at how many rows a file has, from its first part: a count would read all of it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { isGzip } from './encodings.ts'

const SAMPLE_BYTES = 1_048_576

const NEWLINE = 0x0a

/** @returns undefined where nothing can be said; a newline inside quotes counts like others */
export const guessRows = (path: string, hasHeader: boolean): number | undefined => {
  const fd = openSync(path, 'r')
  try {
    const stats = fstatSync(fd)
    const sample = Buffer.alloc(SAMPLE_BYTES)
    const read = stats.isFile() ? readSync(fd, sample, 0, SAMPLE_BYTES, 0) : 0
    // Compressed bytes say nothing about lines.
    if (read === 0 || isGzip(sample)) return undefined
    const bytes = sample.subarray(0, read)
    const isOpen = bytes.at(-1) !== NEWLINE && read === stats.size
    const lines = bytes.reduce((sum, byte) => sum + Number(byte === NEWLINE), 0) + Number(isOpen)
    return Math.max(0, Math.round((lines / read) * stats.size) - Number(hasHeader))
  } finally {
    closeSync(fd)
  }
}
