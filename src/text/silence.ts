/** How long a person was not seen before go-live: the groups of a status, in the words of its report and of its page. */

/** Up to so many days; undefined for longer, or never. */
export const SILENCES = [
  [30, '30 days or less'],
  [90, '31 to 90 days'],
  [365, '91 days to a year'],
  [undefined, 'longer, or never'],
] as const satisfies readonly (readonly [days: number | undefined, words: string])[]

/** A report in the ledger can be of another version, which has other groups. */
export const silenceWords = (days: number | undefined): string =>
  SILENCES.find(([known]) => known === days)?.[1] ?? `${days} days or less`
