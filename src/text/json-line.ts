/** One value as one line of JSON, fit for a terminal too. */
import { escapeUnfit } from './printable.ts'

/** JSON escapes the controls below U+0020 itself; others could steer a terminal as well. */
export const jsonLine = (value: unknown): string => `${escapeUnfit(JSON.stringify(value))}\n`
