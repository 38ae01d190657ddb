/** The reading of a flag such as `enabled`: the words that can mean one thing only. */

const FLAGS: ReadonlyMap<string, boolean> = new Map(
  ['y n', 'yes no', 't f', 'true false', 'on off', '1 0'].flatMap((pair) => {
    const [yes = '', no = ''] = pair.split(' ')
    return [[yes, true] as const, [no, false] as const]
  }),
)

export const FLAG_WORDS = 'y/n, yes/no, t/f, true/false, on/off or 1/0'

/** Text as it stands in the store, whether its column holds characters, bytes or a number. */
export const flagText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
}

/**
 * Takes the words that can mean one thing only. Taken as "enabled", any other would let a leaver in;
 * taken as "disabled", it would lock people out without a word.
 * @returns undefined where it cannot be told; an absent flag is enabled
 */
export const readFlag = (value: unknown): boolean | undefined => {
  if (value === null || value === undefined) return true
  if (typeof value === 'boolean') return value
  return FLAGS.get((flagText(value) ?? '').trim().toLowerCase())
}

/** Values that are no words of a flag may be what nobody should see: a column was mistaken for another. */
export const MAX_FLAG_WORDS = 5
export const isShowableWord = (word: string): boolean => /^[\w .-]{1,20}$/.test(word)
