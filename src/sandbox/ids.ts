/** Owns Okta's ids: 20 characters, of which the first three tell the kind. */

const BODY_LENGTH = 17
/** Marks the ids as the sandbox's; what follows is a number in base 36. */
const MARK = 'sandbox'

export const makeId = (kind: string, index: number): string =>
  kind + MARK + index.toString(36).padStart(BODY_LENGTH - MARK.length, '0')

/** @returns undefined for what `makeId` did not make */
export const indexOfId = (kind: string, id: string): number | undefined => {
  const digits = id.slice(kind.length + MARK.length)
  const index = Number.parseInt(digits, 36)
  return Number.isSafeInteger(index) && makeId(kind, index) === id ? index : undefined
}
