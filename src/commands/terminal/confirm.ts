/** Confirms an action that affects many people: the org and their number, typed or given as --yes. */
import { InvalidArgumentError } from 'commander'
import { AppError } from '../../errors/errors.ts'
import type { CommandContext } from '../context.ts'
import { askLine } from './prompt.ts'

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
const isStill = (confirmed: Count, now: Count): boolean =>
  confirmed === undefined || now === undefined
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
 * Returns once the org and the number are confirmed: by `--yes`, or typed at a terminal.
 * @param org the org's host
 * @throws AppError `unconfirmed`, whose detail says how to confirm
 */
export const confirm = async (
  host: CommandContext,
  yes: Given | undefined,
  { org, count }: Given,
): Promise<void> => {
  const wanted = `${org}:${count ?? 'unknown'}`
  const isTerminal = 'isTTY' in host.stdin && host.stdin.isTTY === true
  const question = `Type ${wanted} to continue: `
  if (yes) {
    if (yes.org === org && isStill(yes.count, count)) return
  } else if (isTerminal) {
    const typed = parse((await askLine(question, host)) ?? '')
    if (typed?.org === org && typed.count === count) return
  }
  throw new AppError('unconfirmed', { detail: `Confirm it with --yes ${wanted}` })
}
