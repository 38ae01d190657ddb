/** Makes ids like Okta's: 20 characters, the first three of which name the kind. */

const BODY_LENGTH = 17
/** Marks ids of the sandbox. A number in base 36 follows. */
const MARK = 'sandbox'

export const makeId = (kind: string, index: number): string =>
  kind + MARK + index.toString(36).padStart(BODY_LENGTH - MARK.length, '0')

/** @returns undefined for an id that `makeId` did not make */
export const indexOfId = (kind: string, id: string): number | undefined => {
  const digits = id.slice(kind.length + MARK.length)
  const index = Number.parseInt(digits, 36)
  return Number.isSafeInteger(index) && makeId(kind, index) === id ? index : undefined
}
