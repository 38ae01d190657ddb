/** Writes a number for people: whole, with commas between thousands. */

export const figure = (value: number): string => Math.round(value).toLocaleString('en-US')

/** With its noun: "1 person", "2,500 people". */
export const numberOf = (count: number, one: string, many = `${one}s`): string =>
  `${figure(count)} ${count === 1 ? one : many}`

/** "once", "2 times". */
export const timesOf = (count: number): string => (count === 1 ? 'once' : `${figure(count)} times`)
