/** Declares the options of init. */
import { Option } from 'commander'
import { jsonOption, type CommonOptions } from '../common-options.ts'

export interface InitOptions extends CommonOptions {
  readonly legacyUrl?: string
  readonly orgUrl?: string
  readonly table?: string
  readonly loginColumn?: string
  readonly hashColumn?: string
  readonly idColumn?: string
  readonly firstNameColumn?: string
  readonly lastNameColumn?: string
  readonly enabled?: string
  readonly out: string
  readonly mapOut: string
}

export const INIT_OPTIONS: readonly Option[] = [
  new Option(
    '--legacy-url <url>',
    'the legacy database, as LEGACY_DB_URL; if its URL has a password, prefer the variable',
  ),
  new Option('--org-url <url>', 'the org, such as https://acme.okta.com'),
  new Option('--table <name>', 'the table or view of the accounts'),
  new Option('--login-column <name>', 'what people type to sign in'),
  new Option('--hash-column <name>', 'the encoded hash'),
  new Option('--id-column <name>', 'the key of an account'),
  new Option('--first-name-column <name>', 'the first name'),
  new Option('--last-name-column <name>', 'the last name'),
  new Option(
    '--enabled <sql>',
    'an SQL expression that is 1 for people who may sign in, and else 0',
  ),
  new Option('--out <file>', 'the file of variables to write').default('.env'),
  new Option('--map-out <file>', 'the file for import --map to write').default(
    'okta-migrate-map.json',
  ),
  jsonOption(),
]
