/** Declares the options of `status`, with their help. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  campaignOptions,
  collectDates,
  dateOption,
  DEFAULT_STATE,
  passwordChangedOption,
  type CampaignOptions,
} from '../campaign/options.ts'
import { wholeOption } from '../okta-options.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'

export interface StatusOptions extends CampaignOptions {
  readonly lastLogin?: string
  /** Milliseconds since 1970. */
  readonly goLive?: number
  readonly left?: string
  readonly cutOff: readonly number[]
  readonly mail: readonly number[]
  readonly state: string
  /** Days. */
  readonly late: number
  readonly failIfLate?: number
  readonly wave?: string
  readonly passwordChanged?: string
  readonly brief?: true
  readonly explain?: boolean
  readonly quick?: boolean
}

const MOST_LATE_DAYS = 365

const lateDays = (text: string): number => {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= MOST_LATE_DAYS) return days
  throw new InvalidArgumentError(`Use a whole number from 1 to ${MOST_LATE_DAYS}, such as 90.`)
}

export const addStatusOptions = (command: Command): Command => {
  const options = [
    new Option(
      '--cut-off <date>',
      'foretell how many come too late if the hook ends on this day; can be repeated',
    )
      .argParser(collectDates)
      .default([], 'none'),
    new Option(
      '--mail <date>',
      'a day on which a mail asked people to sign in, for the forecast; can be repeated',
    )
      .argParser(collectDates)
      .default([], 'none'),
    new Option(
      '--late <days>',
      'the days after a cut-off in which the people who come are too late',
    )
      .argParser(lateDays)
      .default(90),
    new Option(
      '--fail-if-late <n>',
      'exit with 1 if more people than this come too late for any --cut-off, or if nobody can know',
    ).argParser(wholeOption(0, Number.MAX_SAFE_INTEGER)),
    new Option('--explain', 'explain how the forecast is made, and when not to trust it'),
    new Option('--left <file>', 'write a list of those who have not moved, and why'),
    new Option(
      '--go-live <date>',
      'the day on which the hook was switched on (default: that of the first VERIFIED in the ledger)',
    ).argParser(dateOption),
    new Option(
      '--last-login <column>',
      'when each person was last seen (default: "last_login", if there is one)',
    ),
    new Option(
      '--wave <column>',
      'count by the wave in which people are imported, as this column says',
    ),
    passwordChangedOption(),
    new Option('--state <file>', 'what was read, one row for each person; can be deleted').default(
      DEFAULT_STATE,
    ),
    new Option(
      '--quick',
      'read only what has changed in Okta since the run before, from the System Log; the legacy store is not read again',
    ),
    ...campaignOptions(),
    new Option(
      '--brief',
      'print at most 15 short lines of plain text, and no progress: for a mail',
    ).conflicts('json'),
    jsonOption('print the result as one JSON object (docs/EVENTS.md)'),
    quietOption(),
    verboseOption(),
  ]
  for (const option of options) command.addOption(option)
  return command
}
