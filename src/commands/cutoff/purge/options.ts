/** Declares the options of `purge`. */
import { Option, type Command } from 'commander'
import { PURGE_EXAMPLE } from '../../../cutoff/purge/template.ts'
import { passwordChangedOption } from '../../campaign/options.ts'
import { jsonOption, quietOption, verboseOption } from '../../common-options.ts'
import { mapOption } from '../../import/options.ts'
import { shareOption, wholeOption } from '../../okta-options.ts'
import { yesOption, type Given } from '../../terminal/confirm.ts'
import {
  acceptOption,
  dryRunOption,
  journalOption,
  type StatementOptions,
  type StepOptions,
} from '../options.ts'

export interface PurgeOptions extends StepOptions, StatementOptions {
  readonly out: string
  readonly proof: string
  readonly passwordChanged?: string
  readonly accept: readonly string[]
  readonly minDays: number
  readonly map: ReadonlyMap<string, string>
  readonly share: number
  readonly yes?: Given
  readonly check?: true
}

/** To remove the hashes of people too who may have changed the legacy password since they moved. */
export const CHANGES_UNKNOWN = 'changes_unknown'

const MAX_DAYS = 3_650

/** Of a plan too, which tries the statement. */
export const statementOptions = (): readonly Option[] => [
  new Option('--sql <statement>', `what removes one hash: "${PURGE_EXAMPLE}"`),
  new Option(
    '--hash-column <column>',
    'the column of the hash, where --sql does not set exactly one column to NULL or a text',
  ),
]

const OPTIONS: readonly Option[] = [
  ...statementOptions(),
  new Option('--out <file>', 'the SQL for your DBA').default('purge.sql'),
  new Option('--proof <file>', 'what it was decided from; a list goes beside it, as .csv').default(
    'proof.json',
  ),
  passwordChangedOption(),
  acceptOption([CHANGES_UNKNOWN]),
  new Option('--min-days <n>', 'leave out who moved, or set a password, less than so many days ago')
    .argParser(wholeOption(0, MAX_DAYS))
    .default(7),
  new Option('--check', 'after your DBA has run it: look for hashes that are left'),
  mapOption(),
  shareOption(),
  new Option(
    '--yes <org:number>',
    'confirm in a script, with the org and the number of people whose hash is removed',
  ).argParser(yesOption),
  dryRunOption(),
  journalOption(),
  jsonOption(),
  quietOption(),
  verboseOption(),
]

export const addPurgeOptions = (command: Command): Command => {
  for (const option of OPTIONS) command.addOption(option)
  return command
}
