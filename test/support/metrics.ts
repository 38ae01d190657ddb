/** Reads the Prometheus text format. */

/** The series of one name, each with its labels and its value. */
export const seriesOf = (text: string, name: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )

export const sumOf = (text: string, name: string): number =>
  Object.values(seriesOf(text, name)).reduce((sum, value) => sum + value, 0)
