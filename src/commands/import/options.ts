/** Declares the options of the import, with their help and their rules, and chooses the paths of its files. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { AppError } from '../../errors/errors.ts'
import { cutRecord } from '../../import/sources/csv/cut-record.ts'
import { MAX_SAME_REFUSALS } from '../../import/run/circuit-breaker.ts'
import { DISABLED_CHOICES, MAX_GROUPS } from '../../import/rows/prepare.ts'
import { MODES, type Mode } from '../../import/rows/modes.ts'
import type { Settings } from '../../import/journal/journal.ts'
import type { Roles } from '../../import/rows/roles.ts'
import { jsonOption, quietOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { DEFAULT_CONCURRENCY, shareOption, wholeOption } from '../okta-options.ts'

export interface ImportOptions extends CommonOptions {
  readonly mode: Mode
  readonly group: readonly string[]
  readonly groupColumn?: string
  readonly whereEnabled?: string
  readonly disabled: (typeof DISABLED_CHOICES)[number]
  readonly userType?: string
  readonly map: ReadonlyMap<string, string>
  readonly ignore: readonly string[]
  readonly optional: readonly string[]
  readonly null: readonly string[]
  readonly allowEmpty?: true
  readonly arraySeparator?: string
  readonly limit?: number
  readonly update?: true
  readonly dryRun?: true
  readonly keepGoing?: true
  readonly print?: true
  readonly journal?: string
  readonly rejects?: string
  readonly existing?: string
  readonly rejectsWithSecrets?: true
  readonly share: number
  readonly concurrency: number
  readonly yes?: true
}

/** The hook has the same name for it. */
const FLAG = 'enabled'

const separator = (text: string): string => {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('Use a character such as | that no item holds.')
}

/** Words between commas; one that has a comma itself is quoted as in CSV. */
const wordsOf = (text: string): readonly string[] => {
  const cut = cutRecord(text, ',')
  if ('flaw' in cut) throw new InvalidArgumentError(`In ${text}: ${cut.flaw}.`)
  return cut.values.filter((each) => each !== '')
}

const list = (text: string, before: readonly string[]): string[] => [...before, ...wordsOf(text)]

const groups = (text: string, before: readonly string[]): string[] => {
  const all = list(text, before)
  if (all.length > MAX_GROUPS) throw new InvalidArgumentError(`Okta takes up to ${MAX_GROUPS}.`)
  return all
}

const readMapFile = (path: string): [string, string][] => {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new InvalidArgumentError(`"${path}" is neither NAME=COLUMN nor a file that holds JSON.`)
  }
  const pairs = Object.entries(parsed ?? {})
  if (!pairs.every(([, column]) => typeof column === 'string')) {
    throw new InvalidArgumentError(`"${path}" must be like {"firstName": "first_name"}.`)
  }
  return pairs as [string, string][]
}

const mapping = (text: string, before: ReadonlyMap<string, string>): Map<string, string> => {
  if (!text.includes('=')) return new Map([...before, ...readMapFile(text)])
  const pairs = wordsOf(text).map((pair) => {
    const [, name, column] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
    if (name && column) return [name, column] as const
    throw new InvalidArgumentError(`"${pair}" must be like firstName=first_name.`)
  })
  return new Map([...before, ...pairs])
}

/** An org takes 75 concurrent requests by default, its own pages' among them (Okta, "Concurrent limits"). */
const MAX_CONCURRENCY = 64

export const mapOption = (): Option =>
  new Option(
    '--map <name=column>',
    'which column holds an attribute, or a JSON file with such pairs; city=address.city reads nested JSON',
  )
    .argParser(mapping)
    .default(new Map(), 'columns are named as in Okta')

export const ignoreOption = (): Option =>
  new Option('--ignore <column>', 'leave this column out').argParser(list).default([], 'none')

const OPTIONS: readonly Option[] = [
  new Option('--mode <mode>', 'how credentials are sent to Okta').choices(MODES).default('hook'),
  new Option('--group <id>', 'add each user to this group, by its id in Okta; up to 20')
    .argParser(groups)
    .default([], 'none'),
  new Option(
    '--group-column <column>',
    'add each user to the groups whose ids are in this column, with | or ; between them',
  ),
  new Option(
    '--where-enabled <column>',
    'the column that says who may sign in (default: "enabled", if there is one)',
  ),
  new Option(
    '--disabled <choice>',
    'people who may not sign in: leave them out, or create them inactive',
  )
    .choices(DISABLED_CHOICES)
    .default('skip'),
  new Option('--user-type <id>', 'the user type, if it is not the default one'),
  mapOption(),
  ignoreOption(),
  new Option('--optional <name>', 'an attribute that this org does not require, such as lastName')
    .argParser(list)
    .default([], 'none'),
  new Option('--null <word>', 'a word that means no value, such as NULL or \\N')
    .argParser(list)
    .default([], 'none'),
  new Option('--allow-empty', 'do not fail if the input has no rows'),
  new Option(
    '--array-separator <text>',
    'what separates the items of a list, such as | (default: a list is JSON)',
  ).argParser(separator),
  new Option('--limit <n>', 'process at most this many more rows, then stop').argParser(
    wholeOption(1, Number.MAX_SAFE_INTEGER),
  ),
  new Option('--update', 'also update existing users whose attributes differ from their row'),
  new Option(
    '--dry-run',
    'check every row, show problems and three requests (with --update, ten differences), and change nothing',
  ),
  new Option('--print', 'print all requests, as JSON lines; send nothing').implies({
    dryRun: true,
  }),
  new Option(
    '--keep-going',
    `do not stop after Okta refuses ${MAX_SAME_REFUSALS} rows in a row for the same reason`,
  ),
  new Option(
    '--journal <path>',
    'path of the journal that records the result of each row (default: next to the input)',
  ),
  new Option('--rejects <path>', 'path of the file of rejected rows (default: next to the input)'),
  new Option(
    '--existing <path>',
    'path of the list of users who already existed (default: next to the input)',
  ),
  new Option(
    '--rejects-with-secrets',
    'also write passwords, hashes and answers to the rejects file',
  ),
  shareOption(),
  new Option('--concurrency <n>', 'maximum number of concurrent requests')
    .argParser(wholeOption(1, MAX_CONCURRENCY))
    .default(DEFAULT_CONCURRENCY),
  new Option(
    '--yes',
    'start without asking for confirmation (only a new import on a terminal asks)',
  ),
  jsonOption(),
  quietOption(),
  verboseOption(),
]

export const addImportOptions = (command: Command): Command => {
  for (const option of OPTIONS) command.addOption(option)
  return command
}

/**
 * A column named `enabled` is the flag that the hook knows by that name, unless it is mapped or ignored. As a
 * plain attribute it would not keep out the people whom it disables.
 * @throws AppError `usage_invalid`
 */
export const chooseRoles = (options: ImportOptions): Roles => {
  const { map, ignore, whereEnabled, groupColumn: groups } = options
  const mapped = map.get(FLAG)
  if (whereEnabled !== undefined && mapped !== undefined && whereEnabled !== mapped) {
    const detail = `--where-enabled "${whereEnabled}" and --map "${FLAG}=${mapped}" name two columns.`
    throw new AppError('usage_invalid', { detail })
  }
  const isOther = ignore.includes(FLAG) || [...map.values()].includes(FLAG)
  return { enabled: whereEnabled ?? mapped ?? (isOther ? undefined : FLAG), groups }
}

/** The options that name a column for a role, each with its column. */
export const askedColumns = ({ map, whereEnabled, groupColumn }: ImportOptions) => {
  const flag = whereEnabled ?? map.get(FLAG)
  return [
    ...(flag === undefined ? [] : ([['--where-enabled', flag]] as const)),
    ...(groupColumn === undefined ? [] : ([['--group-column', groupColumn]] as const)),
  ]
}

/** The pairs of `--map` for attributes and credentials. */
export const attributeMap = ({ map }: ImportOptions): ReadonlyMap<string, string> =>
  new Map([...map].filter(([name]) => name !== FLAG))

export interface Paths {
  readonly journal: string
  readonly rejects: string
  readonly existingFile: string
}

/** @throws AppError `usage_invalid` when one file would overwrite another */
export const choosePaths = (
  file: string | undefined,
  format: 'csv' | 'jsonl',
  options: ImportOptions,
): Paths => {
  const isFile = file !== undefined && file !== '-'
  // The files of another input are in the working directory.
  const input = isFile ? file : file === '-' ? 'stdin' : 'legacy-users'
  const stem = join(dirname(input), basename(input, extname(input)))
  const journal = options.journal ?? `${input}.journal`
  // The rejects of a dry run must not replace rows that Okta has refused.
  const kind = options.dryRun ? 'rejects.dry-run' : 'rejects'
  const rejects = options.rejects ?? `${stem}.${kind}.${format}`
  const existingFile = options.existing ?? `${stem}.existing.csv`
  const all = [journal, rejects, existingFile, ...(isFile ? [file] : [])]
  if (new Set(all.map((path) => resolve(path))).size < all.length) {
    const detail = 'The input, --journal, --rejects and --existing must be four different files.'
    throw new AppError('usage_invalid', { detail })
  }
  return { journal, rejects, existingFile }
}

const sorted = (words: readonly string[]): string => [...words].sort().join(', ')

/** Everything besides the row that decides what is sent for it. */
export const settingsOf = (orgUrl: string, options: ImportOptions): Settings => ({
  'the org': orgUrl,
  '--mode': options.mode,
  '--group': options.group.join(', '),
  '--group-column': options.groupColumn ?? '',
  '--where-enabled': options.whereEnabled ?? '',
  '--disabled': options.disabled === 'skip' ? '' : options.disabled,
  '--user-type': options.userType ?? '',
  '--map': sorted([...options.map].map((pair) => pair.join('='))),
  '--ignore': sorted(options.ignore),
  '--optional': sorted(options.optional),
  '--null': sorted(options.null),
  '--array-separator': options.arraySeparator ?? '',
})
