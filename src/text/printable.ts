/** Owns making foreign text fit to be shown: one line, bounded, nothing that steers a terminal. */

/** Controls, invisible format marks (which can reverse a line), line separators, lone surrogates. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Each of them as the escape that JSON has for it: within a JSON string the text stays what it was. */
export const escapeUnfit = (text: string): string =>
  text.replace(UNFIT, (run) => run.split('').map(escapeUnit).join(''))

/** @param max characters, beyond which the text is cut off */
export const printable = (text: string, max = 300): string => {
  const shown = text
    .slice(0, max * 2)
    .replace(UNFIT, ' ')
    .trim()
  return shown.length > max ? `${shown.slice(0, max)}…` : shown
}
