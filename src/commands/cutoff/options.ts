/** Declares the options that the steps of `cutoff` share, and those of each. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { DEFAULT_CUT_OFF_JOURNAL } from '../../cutoff/journal.ts'
import { DEFAULT_STATE } from '../campaign/options.ts'
import { jsonOption, quietOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { yesOption, type Given } from '../terminal/confirm.ts'

export interface StepOptions extends CommonOptions {
  readonly journal: string
  readonly dryRun?: true
}

export interface CutOffOptions extends StepOptions {
  readonly state: string
}

/** Of a purge, and of a plan that tries its statement. */
export interface StatementOptions {
  readonly sql?: string
  readonly hashColumn?: string
}

export interface PlanOptions extends CutOffOptions, StatementOptions {
  readonly map: ReadonlyMap<string, string>
  readonly replica: readonly string[]
  readonly url?: string
  readonly otherApps?: string
  readonly accept: readonly string[]
}

export interface CloseOptions extends CutOffOptions {
  readonly yes?: Given
}

export interface WatchOptions extends CutOffOptions {
  /** As it was typed. */
  readonly since?: string
  readonly once?: true
}

const MAX_APPS_LENGTH = 500

export const appsOption = (text: string): string => {
  const names = text.trim()
  if (names !== '' && names.length <= MAX_APPS_LENGTH) return names
  throw new InvalidArgumentError(
    'Use none, or the names of the applications, such as "wiki, shop".',
  )
}

/** @param names of what can be accepted */
export const acceptOption = (names: readonly string[]): Option =>
  new Option(
    '--accept <name>',
    `go on although this is found: ${names.join(', ')}; can be repeated`,
  )
    .argParser((name: string, before: readonly string[]): readonly string[] => {
      if (names.includes(name)) return [...before, name]
      throw new InvalidArgumentError(`Use one of: ${names.join(', ')}.`)
    })
    .default([], 'none')

const MAX_REPLICAS = 100

/** Plain HTTP to another machine is well: nothing secret is sent. */
export const collectReplicas = (
  text: string,
  before: readonly string[] = [],
): readonly string[] => {
  const url = URL.parse(text)
  const isPlain = url !== null && url.username + url.password + url.search + url.hash === ''
  if (isPlain && /^https?:$/.test(url.protocol) && before.length < MAX_REPLICAS)
    return [...before, url.origin]
  throw new InvalidArgumentError('Use the address of an ops port, such as http://10.0.0.4:9464.')
}

const JOURNAL = 'what was done, kept for good; one process at a time'
const STATE = 'what okta-migrate status has read'

export const journalOption = (): Option =>
  new Option('--journal <file>', JOURNAL).default(DEFAULT_CUT_OFF_JOURNAL)

export const stateOption = (): Option => new Option('--state <file>', STATE).default(DEFAULT_STATE)

export const dryRunOption = (): Option =>
  new Option('--dry-run', 'show what would be done, and neither send nor record anything')

export const cutOffYesOption = (): Option =>
  new Option(
    '--yes <org:number>',
    'confirm in a script, with the org and the number of people who have not moved by the newest status',
  ).argParser(yesOption)

export const addCutOffOptions = (command: Command, ...own: readonly Option[]): Command => {
  const shared = [journalOption(), stateOption(), jsonOption(), quietOption(), verboseOption()]
  for (const option of [...own, ...shared]) command.addOption(option)
  return command
}
