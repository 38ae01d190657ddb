/** Options that several commands share, each with the same meaning everywhere. */
import { Option } from 'commander'

export interface CommonOptions {
  readonly json?: true
  readonly verbose?: true
  readonly quiet?: true
}

export const jsonOption = (what = 'print all output as JSON lines (docs/EVENTS.md)'): Option =>
  new Option('--json', what)

export const verboseOption = (
  what = 'write a line for each call to Okta to standard error: path, status, request id, time',
): Option => new Option('--verbose', what)

export const quietOption = (): Option =>
  new Option('--quiet', 'show no progress and no notices: only errors and results')
