/** Gives each of few different values a number, so that a column can hold it. */

/** More than these are stored as what `whenFull` makes of them: callers can invent values without end. */
const MAX_VALUES = 10_000

/** @param whenFull makes a value of which there are few; it must leave such a value as it is */
export const createNumbered = <T>(keyOf: (value: T) => string, whenFull: (value: T) => T) => {
  const values: T[] = []
  const numbers = new Map<string, number>()
  const numberOf = (given: T): number => {
    const isNew = !numbers.has(keyOf(given))
    const value = isNew && values.length >= MAX_VALUES ? whenFull(given) : given
    const key = keyOf(value)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, values.length)
    return values.push(value) - 1
  }
  return { numberOf, at: (number: number) => values[number] }
}
