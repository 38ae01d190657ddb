/** Chooses a table or a column: as an option says, as there is only one, or as a person answers. */
import { AppError } from '../../errors/errors.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { askLine, canAsk } from '../terminal/prompt.ts'

export interface Choice {
  /** What is chosen, such as "the table of the accounts". */
  readonly what: string
  readonly option: `--${string}`
  readonly given: string | undefined
  /** What it can be by its name. */
  readonly likely: readonly string[]
  /** All that there is. */
  readonly all: readonly string[]
}

const refuse = (detail: string): AppError => new AppError('usage_invalid', { detail })

const listed = (names: readonly string[]): string => names.map((name) => printable(name)).join(', ')

/** Databases compare names without case, most of them. */
export const findName = (name: string, all: readonly string[]): string | undefined =>
  all.find((each) => each === name) ?? all.find((each) => each.toLowerCase() === name.toLowerCase())

/** @throws AppError `usage_invalid`, whose detail says which option to give */
export const choose = async (
  host: CommandContext,
  { what, option, given, likely, all }: Choice,
): Promise<string> => {
  if (given !== undefined) {
    const found = findName(given, all)
    if (found !== undefined) return found
    throw refuse(`${option} ${printable(given)} is not there. There are: ${listed(all)}.`)
  }
  const [only, ...others] = likely
  if (only !== undefined && others.length === 0) return only
  if (!canAsk(host)) {
    const which = only === undefined ? 'is not clear from the names' : 'can be several'
    throw refuse(
      `${what} ${which}. Give ${option} with one of: ${listed(only === undefined ? all : likely)}.`,
    )
  }
  const names = only === undefined ? all : likely
  const answer = (await askLine(`${what}: ${listed(names)}? `, host))?.trim() ?? ''
  return choose(host, { what, option, likely, all, given: answer })
}
