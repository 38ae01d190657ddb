/** Parses JSON that others wrote. */

/** @returns undefined for text that is not JSON; the parser's own message would quote it */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
