/** Owns making foreign text fit to be shown: one line, bounded, nothing that steers a terminal. */

/** Controls, invisible format marks (which can reverse a line), line separators, lone surrogates. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu

/** @param max characters, beyond which the text is cut off */
export const printable = (text: string, max = 300): string => {
  const shown = text
    .slice(0, max * 2)
    .replace(UNFIT, ' ')
    .trim()
  return shown.length > max ? `${shown.slice(0, max)}…` : shown
}
