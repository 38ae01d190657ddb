/** Arranges the text of a help: examples first, wrapped to the width of the terminal, with its indents. */

/** Consecutive lines without an indent are one paragraph. */
const joinParagraphs = (text: string): string => text.replace(/(?<=^\S.*)\n(?=\S)/gm, ' ')

const fitLine = (line: string, width: number): string => {
  if (line.length <= width) return line
  const [indent = ''] = /^ */.exec(line) ?? []
  // In a table, continuation lines start at the second column.
  const [lead = indent] = /^ +\S+ {2,}(?=\S)/.exec(line) ?? []
  const hang = ' '.repeat(lead.length > indent.length ? lead.length : indent.length)
  const lines = ['']
  for (const word of line.slice(indent.length).split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = (lines.length === 1 ? indent : hang) + word
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(hang + word)
  }
  return lines.join('\n')
}

/** Commands are to be pasted, so they are not wrapped. */
const isCommand = (line: string): boolean => /^ .*\bokta-migrate /.test(line)

export const fitHelp = (text: string, width: number): string =>
  joinParagraphs(text)
    .split('\n')
    .map((line) => (isCommand(line) ? line : fitLine(line, width)))
    .join('\n')

const EXAMPLES = /^Examples?:\n(?: .*\n)+\n*/m
const FIRST_LIST = /^(?:Arguments|Options|Commands):$/m

/** Moves the examples, which a command writes at the end of its text, to where people look first. */
export const examplesFirst = (help: string): string => {
  const [examples] = EXAMPLES.exec(help) ?? []
  if (examples === undefined) return help
  const rest = help.replace(EXAMPLES, '').replace(/\n{3,}/g, '\n\n')
  return rest.replace(FIRST_LIST, (heading) => `${examples.trimEnd()}\n\n${heading}`)
}
