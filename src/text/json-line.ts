/** Writes a value as one line of JSON, safe for a terminal too. */
import { escapeUnfit } from './printable.ts'

/** JSON itself escapes only controls below U+0020; other characters can control a terminal too. */
export const jsonLine = (value: unknown): string => `${escapeUnfit(JSON.stringify(value))}\n`
