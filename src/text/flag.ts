/** Reads a flag such as `enabled`, from the words that have only one meaning. */

const FLAGS: ReadonlyMap<string, boolean> = new Map(
  ['y n', 'yes no', 't f', 'true false', 'on off', '1 0'].flatMap((pair) => {
    const [yes = '', no = ''] = pair.split(' ')
    return [[yes, true] as const, [no, false] as const]
  }),
)

export const FLAG_WORDS = 'y/n, yes/no, t/f, true/false, on/off or 1/0'

/** The text in the store, whether its column contains characters, bytes or a number. */
export const flagText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
}

/**
 * Accepts only words that have one meaning. To read any other word as "enabled" would let in a person who has left; to
 * read it as "disabled" would lock people out silently.
 * @returns undefined if the meaning is unclear; an absent flag means enabled
 */
export const readFlag = (value: unknown): boolean | undefined => {
  if (value === null || value === undefined) return true
  if (typeof value === 'boolean') return value
  return FLAGS.get((flagText(value) ?? '').trim().toLowerCase())
}

/** Values that are not flags may be private: the wrong column may have been named. */
export const MAX_FLAG_WORDS = 5
export const isShowableWord = (word: string): boolean => /^[\w .-]{1,20}$/.test(word)

/** Words for people who may sign in, as systems write them: a proposal to show, never a decision. */
export const LIKELY_ENABLED = /^(?:a|active|enabled|ok|verified|confirmed)$/i
