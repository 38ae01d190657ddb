/** The option --switch of the sandbox, and its help. */
import { InvalidArgumentError } from 'commander'
import { SWITCHES, switchSchema, type Switches } from '../../sandbox/switches.ts'

export const describeSwitches = (): string =>
  Object.entries(SWITCHES)
    .map(([name, { question, answers }]) => `  ${name}=${answers.join('|')}\n      ${question}`)
    .join('\n')

/** @throws InvalidArgumentError, which commander turns into the usage's exit code */
export const readSwitch = (text: string, previous: Partial<Switches>): Partial<Switches> => {
  const [name = '', ...answer] = text.split('=')
  const switches = { ...previous, [name]: answer.join('=') }
  if (switchSchema.safeParse(switches).success) return switches
  const known = Object.entries(SWITCHES).find(([known]) => known === name)?.[1]
  throw new InvalidArgumentError(
    known
      ? `The answers are ${known.answers.join(' and ')}.`
      : `Write NAME=ANSWER. The names are ${Object.keys(SWITCHES).join(', ')}.`,
  )
}
