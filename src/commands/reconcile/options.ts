/** Declares the options of `reconcile`, with their help. */
import { Option, type Command } from 'commander'
import {
  campaignOptions,
  collect,
  passwordChangedOption,
  type CampaignOptions,
} from '../campaign/options.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'
import { wholeOption } from '../okta-options.ts'

export interface ReconcileOptions extends CampaignOptions {
  readonly out: string
  readonly maxMissing: number
  readonly attribute: readonly string[]
  readonly passwordChanged?: string
}

export const addReconcileOptions = (command: Command): Command => {
  const options = [
    new Option('--out <dir>', 'where the lists are written').default('reconcile'),
    new Option('--max-missing <n>', 'do not fail for up to so many people who are not in Okta')
      .argParser(wholeOption(0, Number.MAX_SAFE_INTEGER))
      .default(0),
    new Option(
      '--attribute <name>',
      'compare this attribute, instead of email, firstName and lastName; can be repeated',
    )
      .argParser(collect)
      .default([], 'none'),
    passwordChangedOption(),
    ...campaignOptions(),
    jsonOption('print the result as one JSON object (docs/EVENTS.md)'),
    quietOption(),
    verboseOption(),
  ]
  for (const option of options) command.addOption(option)
  return command
}
