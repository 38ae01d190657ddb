/** Chooses a table or a column: as an option says, as there is only one, or as a person answers. */
import { AppError } from '../../errors/errors.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { askUntil, canAsk } from '../terminal/prompt.ts'

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

const listed = (names: readonly string[]): string => names.map((name) => printable(name)).join(', ')

/** Databases compare names without case, most of them. */
export const findName = (name: string, all: readonly string[]): string | undefined =>
  all.find((each) => each === name) ?? all.find((each) => each.toLowerCase() === name.toLowerCase())

/** @throws AppError `option_missing` or `usage_invalid`, whose detail says which option to give; `interrupted` */
export const choose = async (
  host: CommandContext,
  { what, option, given, likely, all }: Choice,
): Promise<string> => {
  if (given !== undefined) {
    const found = findName(given, all)
    if (found !== undefined) return found
    const detail = `${option} ${printable(given)} is not there. There are: ${listed(all)}.`
    throw new AppError('usage_invalid', { detail })
  }
  const [only, ...others] = likely
  if (only !== undefined && others.length === 0) return only
  const names = only === undefined ? all : likely
  if (!canAsk(host)) {
    const which = only === undefined ? 'is not clear from the names' : 'can be several'
    const detail = `${what} ${which}. Give ${option} with one of: ${listed(names)}.`
    throw new AppError('option_missing', { detail })
  }
  return askUntil(`${what}: ${listed(names)}? `, host, (answer) => {
    const found = findName(answer, all)
    if (found === undefined && answer !== '')
      host.stderr.write(`${printable(answer)} is not there. There are: ${listed(all)}.\n`)
    return found
  })
}
