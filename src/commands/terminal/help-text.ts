/** Wraps the text of a help to the width of the terminal, and keeps indents. */

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
