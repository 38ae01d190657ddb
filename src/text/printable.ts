/** Makes foreign text safe to show: as one line of text or JSON, without anything that controls a terminal. */

/** Controls, invisible format marks (which can reverse a line), line separators, lone surrogates. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Replaces each of them by its JSON escape: within a JSON string the text stays the same. */
export const escapeUnfit = (text: string): string =>
  text.replace(UNFIT, (run) => run.split('').map(escapeUnit).join(''))

/** One line of JSON. JSON itself escapes only controls below U+0020; others can control a terminal too. */
export const jsonLine = (value: unknown): string => `${escapeUnfit(JSON.stringify(value))}\n`

/** @param max the number of characters after which the text is cut off */
export const printable = (text: string, max = 300): string => {
  const shown = text
    .slice(0, max * 2)
    .replace(UNFIT, ' ')
    .trim()
  return shown.length > max ? `${shown.slice(0, max)}…` : shown
}
