/** Confirms what cannot be undone: by typing what it affects, or by an option. */
import { InvalidArgumentError } from 'commander'
import { AppError } from '../../errors/errors.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { askAnswer, canAsk } from './prompt.ts'

/** How many people it affects; undefined if they cannot be counted. */
export type Count = number | undefined

export interface Given {
  readonly org: string
  readonly count: Count
}

/** Reads `--yes ORG:NUMBER`, such as acme.okta.com:68836; the number is `unknown` if they cannot be counted. */
export const yesOption = (value: string): Given => {
  const [, org = '', number = ''] = /^(\S+)[: ](\d+|unknown)$/.exec(value.trim()) ?? []
  if (org === '') throw new InvalidArgumentError('Use ORG:NUMBER, such as acme.okta.com:68836.')
  return { org: org.toLowerCase(), count: number === 'unknown' ? undefined : Number(number) }
}

/**
 * People sign in between the count that was shown and the one that is checked: up to a tenth of those confirmed can be
 * gone. More than were confirmed is too many.
 */
const isStill = (confirmed: Count, now: Count, isExact: boolean): boolean =>
  confirmed === undefined || now === undefined || isExact
    ? confirmed === now
    : now <= confirmed && now >= confirmed * 0.9

const parse = (line: string): Given | undefined => {
  try {
    return yesOption(line)
  } catch {
    return undefined
  }
}

/**
 * Returns once what was shown is typed at a terminal, or --yes was given.
 * @param wanted to be typed
 * @throws AppError `unconfirmed`, or `interrupted` where the question was cancelled
 */
export const confirmTyped = async (
  host: CommandContext,
  yes: true | undefined,
  wanted: string,
): Promise<void> => {
  if (yes) return
  const typed = canAsk(host) ? await askAnswer(`Type ${printable(wanted)} to continue: `, host) : ''
  if (typed === wanted) return
  throw new AppError('unconfirmed', { detail: 'Confirm it with --yes.' })
}

/**
 * Returns once the org and the number are confirmed: by `--yes`, or typed at a terminal.
 * @param wish the org's host, the number, and whether that stays as it is until it is counted anew
 * @throws AppError `unconfirmed`, whose detail says how to confirm, or `interrupted`
 */
export const confirm = async (
  host: CommandContext,
  yes: Given | undefined,
  { org, count, isExact = false }: Given & { readonly isExact?: boolean },
): Promise<void> => {
  const wanted = `${org}:${count ?? 'unknown'}`
  const question = `Type ${wanted} to continue: `
  if (yes) {
    if (yes.org === org && isStill(yes.count, count, isExact)) return
  } else if (canAsk(host)) {
    const typed = parse(await askAnswer(question, host))
    if (typed?.org === org && typed.count === count) return
  }
  throw new AppError('unconfirmed', { detail: `Confirm it with --yes ${wanted}` })
}
