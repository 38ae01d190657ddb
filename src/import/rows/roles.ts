/** Reads the columns that are not attributes: whether the user may sign in, and the groups. */
import { FLAG_WORDS, isShowableWord, MAX_FLAG_WORDS, readFlag } from '../../text/flag.ts'
import { AppError } from '../../errors/errors.ts'
import type { SourceRow, Value } from '../sources/source.ts'

export interface Roles {
  /** The column whose flag says who may sign in. */
  readonly enabled?: string | undefined
  /** The column with ids of groups. */
  readonly groups?: string | undefined
}

type Values = ReadonlyMap<string, Value>

const FLAG_RULE = `must be ${FLAG_WORDS}, and is something else`

/** @returns undefined if the flag is unreadable; without the flag, the user may sign in, as in the hook */
export const isEnabled = (values: Values, { enabled }: Roles): boolean | undefined =>
  enabled === undefined ? true : readFlag(values.get(enabled))

export const flagComplaints = (values: Values, roles: Roles): string[] =>
  isEnabled(values, roles) === undefined ? [`${roles.enabled ?? ''} ${FLAG_RULE}`] : []

/** The ids in a cell: a text with | or ; between them, or a list. */
export const groupsOf = (values: Values, { groups }: Roles): string[] => {
  const cell = groups === undefined ? undefined : values.get(groups)
  if (cell === undefined) return []
  const texts = typeof cell === 'object' ? cell.map(String) : String(cell).split(/[|;]/)
  return texts.map((text) => text.trim()).filter((text) => text !== '')
}

const describeWords = (values: readonly (Value | undefined)[]): string => {
  const words = [...new Set(values.filter((value) => value !== undefined).map(String))]
  const isFew = words.length <= MAX_FLAG_WORDS && words.every(isShowableWord)
  return isFew ? ` (it holds ${words.map((word) => `'${word}'`).join(', ')})` : ''
}

/**
 * @param first rows that were read ahead
 * @throws AppError `flag_unreadable` if one of them has a word that is no flag
 */
export const checkFlags = (first: readonly SourceRow[], roles: Roles): void => {
  const sound = first.flatMap((row) => ('fields' in row ? [row] : []))
  const bad = sound.find(({ fields }) => isEnabled(fields, roles) === undefined)
  if (!bad || roles.enabled === undefined) return
  const { enabled } = roles
  const shown = describeWords(sound.map(({ fields }) => fields.get(enabled)))
  throw new AppError('flag_unreadable', {
    detail: `"${enabled}" ${FLAG_RULE} on line ${bad.line}${shown}.`,
  })
}
