/** Declares the options that the commands which count people share. */
import { InvalidArgumentError, Option } from 'commander'
import { readMoment } from '../../audit/last-logins.ts'
import type { CommonOptions } from '../common-options.ts'
import { mapOption } from '../import/options.ts'
import { shareOption } from '../okta-options.ts'

export const DEFAULT_STATE = 'okta-migrate-campaign.sqlite'

export interface CampaignOptions extends CommonOptions {
  readonly legacy?: string
  readonly map: ReadonlyMap<string, string>
  readonly journal: readonly string[]
  readonly share: number
}

export const dateOption = (text: string): number => {
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? readMoment(text) : undefined
  if (typeof moment === 'number') return moment
  throw new InvalidArgumentError('Use a date such as 2026-10-05.')
}

export const collectDates = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  dateOption(text),
]

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]

export const passwordChangedOption = (): Option =>
  new Option(
    '--password-changed <column>',
    'when each legacy password was changed last, to find those who changed it after they moved; a time without a zone is taken as UTC',
  )

export const campaignOptions = (): Option[] => [
  new Option(
    '--legacy <file>',
    'read the accounts from CSV or JSON (- is standard input) instead of a database',
  ),
  mapOption(),
  new Option(
    '--journal <file>',
    'the journal of an import with --mode hash: its users need no hook; can be repeated',
  )
    .argParser(collect)
    .default([], 'none'),
  shareOption(),
]
