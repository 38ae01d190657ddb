/** What is wrong with a template, and where. */

export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem'
  /** From 1. */
  readonly column: number

  /** @param problem without what stands in quotes in the template, since that can be a key */
  constructor(problem: string, column: number) {
    super(problem)
    this.column = column
  }
}

/** How many letters to insert, remove or replace (Levenshtein). */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(to).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** Longer than any name: not worth comparing. */
const LONGEST_NAME = 32

/** The known name that is most like this one. */
export const nearest = (name: string, known: readonly string[]): string => {
  const word = name.slice(0, LONGEST_NAME).toLowerCase()
  const byDistance = known.toSorted((a, b) => distance(word, a) - distance(word, b))
  return byDistance[0] ?? ''
}
