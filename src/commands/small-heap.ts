/** Keeps the heap of a command that streams millions of rows small. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets its heap grow to a multiple of the live data before it collects, and here nearly everything is garbage
 * of single rows: 100 MB of it from Node.js 24 on. These flags limit the old generation to one and a half times
 * the live data, and the young one to its size at the start.
 */
const FLAGS = ['--heap-growing-percent=50', '--semi-space-growth-factor=1']

export const keepHeapSmall = (): void => FLAGS.forEach(setFlagsFromString)
