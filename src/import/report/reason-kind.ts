/** Owns what makes two reasons the same one: their words, without the values of the row. */

/** An attribute's name in quotes says what is wrong, and is no value: `Property name 'team' is not defined`. */
const QUOTED = /(?<!\w|\bname )(["'])[^"']*\1/g
const ADDRESS = /[^\s,;:(]+@[^\s,;:)]+/g
/** Ids, dates and numbers of lines; not how long something may be. */
const NUMBERED = /\b\w*\d[\w.:-]*\b(?! (?:characters|bytes)\b)/g

/** Reasons of one kind have one text. It holds no value of a row, so that it may be shown everywhere. */
export const reasonKindOf = (reason: string): string =>
  reason.replace(QUOTED, '…').replace(ADDRESS, '…').replace(NUMBERED, '…')
