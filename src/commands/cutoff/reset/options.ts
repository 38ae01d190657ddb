/** Declares the options of `reset`. */
import { Option } from 'commander'
import { yesOption, type Given } from '../../terminal/confirm.ts'
import { shareOption, wholeOption } from '../../okta-options.ts'
import { dryRunOption, type CutOffOptions } from '../options.ts'

export interface ResetOptions extends CutOffOptions {
  /** "likely", or the name of a file. */
  readonly who?: string
  readonly mail?: true
  readonly links?: string
  readonly perHour?: number
  readonly list: string
  readonly share: number
  readonly yes?: Given
}

export interface ReopenOptions extends CutOffOptions {
  readonly list: string
}

const MOST_PER_HOUR = 100_000

export const DEFAULT_RESET_LIST = 'okta-migrate-resets.csv'

export const resetListOption = (): Option =>
  new Option('--list <file>', 'write what happened to each person').default(DEFAULT_RESET_LIST)

export const resetOptions = (): Option[] => [
  new Option(
    '--who <likely|file>',
    'whom to reset: "likely", or a file with the column login or okta_id',
  ),
  new Option('--mail', 'let Okta mail each person a link').conflicts('links'),
  new Option(
    '--links <file>',
    'mail nobody, and write the links to a new file, for a mail of your own',
  ),
  new Option('--per-hour <n>', 'reset at most so many people an hour, for the help desk').argParser(
    wholeOption(1, MOST_PER_HOUR),
  ),
  resetListOption(),
  shareOption(),
  new Option(
    '--yes <org:number>',
    'confirm in a script, with the org and the number of people to be reset',
  ).argParser(yesOption),
  dryRunOption(),
]
