/** Declares the options of the audit, with their help and their rules. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { readMoment } from '../../audit/last-logins.ts'
import { jsonOption, quietOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { mapOption } from '../import/options.ts'
import { wholeOption } from '../okta-options.ts'

export interface AuditOptions extends CommonOptions {
  readonly legacy?: string
  readonly map: ReadonlyMap<string, string>
  readonly lastLogin?: string
  /** Milliseconds since 1970. */
  readonly goLive?: number
  readonly cores?: number
  readonly peakShare: number
  readonly allowBlocked: number
  readonly sample: number
  readonly routes: string
  readonly blocked: string
  readonly canary?: string
}

const date = (text: string): number => {
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? readMoment(text) : undefined
  if (typeof moment === 'number') return moment
  throw new InvalidArgumentError('Use a date such as 2026-10-05.')
}

const MAX_CORES = 1024
const MAX_SAMPLE = 100_000

const OPTIONS: readonly Option[] = [
  new Option(
    '--legacy <file>',
    'read the accounts from CSV or JSON (- is standard input) instead of a database; the lookup is then not tried',
  ),
  mapOption(),
  new Option(
    '--last-login <column>',
    'when each person was last seen (default: "last_login", if there is one)',
  ),
  new Option(
    '--go-live <date>',
    'count the sign-ins of the week before this date (default: before today)',
  ).argParser(date),
  new Option(
    '--cores <n>',
    'cores of one replica of the server (default: HASH_WORKERS, or those of this machine)',
  ).argParser(wholeOption(1, MAX_CORES)),
  new Option('--peak-share <percent>', "the busiest hour's share of a day's sign-ins")
    .argParser(wholeOption(1, 100))
    .default(20),
  new Option('--allow-blocked <n>', 'do not fail for up to so many people who cannot sign in')
    .argParser(wholeOption(0, Number.MAX_SAFE_INTEGER))
    .default(0),
  new Option('--sample <n>', 'try the lookup with so many logins, chosen at random')
    .argParser(wholeOption(0, MAX_SAMPLE))
    .default(1000),
  new Option('--routes <file>', 'the list of all people, with the way of each to Okta').default(
    'audit-routes.csv',
  ),
  new Option('--blocked <file>', 'the list of people who cannot sign in').default(
    'audit-blocked.csv',
  ),
  new Option(
    '--canary <file>',
    'CSV of your own accounts (login,password) to check from end to end; only you may be able to read it',
  ),
  jsonOption('print the result as one JSON object (docs/EVENTS.md)'),
  quietOption(),
  verboseOption(),
]

export const addAuditOptions = (command: Command): Command => {
  for (const option of OPTIONS) command.addOption(option)
  return command
}
