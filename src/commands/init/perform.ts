/** Puts a configuration together from the schema of a legacy database, tries it, and writes its files. */
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemClock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { openLegacyStore } from '../../legacy/open.ts'
import type { Finding } from '../../legacy/store.ts'
import { codeOf } from '../../sql/failures.ts'
import { databaseKindOf } from '../../sql/kinds.ts'
import { printable } from '../../text/printable.ts'
import { createPrint, type CommandContext } from '../context.ts'
import { toShell } from '../import/next-command.ts'
import { readSettings } from '../read-settings.ts'
import { lookupLimitOf } from '../serve/open-legacy.ts'
import { describeStoreHashes, refuseUncheckedStore } from '../serve/store-hashes.ts'
import { askUntil, canAsk } from '../terminal/prompt.ts'
import { choose } from './choose.ts'
import { guessEnabled, type EnabledGuess } from './enabled.ts'
import { writeEnv } from './env-text.ts'
import { accountTables, candidatesFor, tableName, type AccountPart } from './guess.ts'
import type { InitOptions } from './options.ts'
import { countUnlowered, readTables, readWords, type LegacyTable } from './schema.ts'
import { INIT, type InitSettings } from './settings.ts'
import {
  quoteName,
  tableIn,
  writeStatements,
  type Accounts,
  type Statements,
} from './statements.ts'

/** What an option or a person says comes before the environment. */
const environmentOf = async (
  host: CommandContext,
  { legacyUrl, orgUrl }: InitOptions,
): Promise<Environment> => {
  const { env } = host
  const isGiven = [env['LEGACY_DB_URL'], env['LEGACY_DB_URL_FILE']].some(Boolean)
  const asked =
    legacyUrl === undefined && !isGiven && canAsk(host)
      ? await askUntil(
          'The legacy database (sqlite:PATH, postgres://…, mysql://…): ',
          host,
          (answer) => answer || undefined,
        )
      : legacyUrl
  return {
    ...env,
    ...(asked && { LEGACY_DB_URL: asked, LEGACY_DB_URL_FILE: undefined }),
    ...(orgUrl && { OKTA_ORG_URL: orgUrl, OKTA_ORG_URL_FILE: undefined }),
  }
}

const chooseTable = async (
  host: CommandContext,
  tables: readonly LegacyTable[],
  given: string | undefined,
): Promise<LegacyTable> => {
  if (tables.length === 0) {
    throw new AppError('legacy_unusable', {
      detail: 'LEGACY_DB_URL: it has no table that this user may read.',
    })
  }
  const name = await choose(host, {
    ...{ what: 'The table of the accounts', option: '--table', given },
    likely: accountTables(tables).map(tableName),
    all: tables.map(tableName),
  })
  const table = tables.find((each) => tableName(each) === name)
  if (!table) throw new TypeError('a table was chosen that is not there')
  return table
}

/** A login and a hash there must be; what else is found is taken. */
const chooseColumns = async (
  host: CommandContext,
  table: LegacyTable,
  options: InitOptions,
): Promise<Accounts['columns']> => {
  const all = table.columns.map(({ name }) => name)
  const one = (part: AccountPart, what: string, option: `--${string}`, given: string | undefined) =>
    choose(host, { what, option, given, likely: candidatesFor(part, table), all })
  const some = async (part: AccountPart, option: `--${string}`, given: string | undefined) => {
    const [best] = candidatesFor(part, table)
    return given === undefined ? best : one(part, '', option, given)
  }
  const login = await one('login', 'The column of the login', '--login-column', options.loginColumn)
  return {
    login,
    hash: await one('hash', 'The column of the hash', '--hash-column', options.hashColumn),
    id: await some('id', '--id-column', options.idColumn),
    email:
      candidatesFor('email', table).find((name) => name === login) ??
      candidatesFor('email', table)[0],
    firstName: await some('firstName', '--first-name-column', options.firstNameColumn),
    lastName: await some('lastName', '--last-name-column', options.lastNameColumn),
    lastLogin: candidatesFor('lastLogin', table)[0],
  }
}

/** The check that a server makes at its start. @throws AppError where it would not start */
const tryStatements = async (
  { url, ca, deadlineMs, hashes }: InitSettings,
  { lookup, audit }: Statements,
): Promise<readonly Omit<Finding, 'topic'>[]> => {
  let why: AppError | undefined
  const store = await openLegacyStore(url, {
    ...{ sql: lookup, auditSql: audit, unchecked: false, ignored: [], poolSize: 2, ca },
    ...{ lookupMs: lookupLimitOf(deadlineMs), clock: systemClock },
    onCheck: (_, failure) => (why = failure),
  })
  await store.close()
  if (store.state !== 'ok') throw why ?? new AppError('legacy_unavailable')
  refuseUncheckedStore(store.hashes, hashes)
  const tally = describeStoreHashes(store.hashes, hashes)
  if (!tally) return store.findings
  const { level, text, fix } = tally
  return [...store.findings, { level, text: fix === undefined ? text : `${text}\nFix: ${fix}` }]
}

const orUnwritable = (path: string, work: () => void): void => {
  try {
    work()
  } catch (cause) {
    throw new AppError('output_unwritable', { detail: `${path}: ${codeOf(cause)}`, cause })
  }
}

/** Before anything is asked: nobody should answer in vain, and one file without the other would be in the way of the next run. */
const refuseUnwritable = (out: string, mapOut: string): void => {
  const path = [out, mapOut].find((each) => existsSync(each))
  if (path !== undefined) {
    const option = path === out ? '--out' : '--map-out'
    const detail = `${path} is there already, and is not overwritten. Give another name with ${option}.`
    throw new AppError('output_exists', { detail })
  }
  if (resolve(out) === resolve(mapOut)) {
    throw new AppError('usage_invalid', { detail: '--out and --map-out name the same file.' })
  }
  for (const each of [out, mapOut]) {
    orUnwritable(each, () => accessSync(dirname(each), constants.W_OK))
  }
}

const write = (path: string, text: string): void =>
  orUnwritable(path, () => writeFileSync(path, text, { flag: 'wx', mode: 0o600 }))

/** For `import FILE --map`, where the file has the table's own columns. */
const mapOf = ({ login, email, firstName, lastName }: Accounts['columns']): object =>
  Object.fromEntries(
    Object.entries({
      login: login === email ? undefined : login,
      email,
      firstName,
      lastName,
    }).filter(([, column]) => column !== undefined),
  )

/** As it was given, so that a secret that is in a file stays there. */
const databaseLines = (env: Environment): (readonly [string, string])[] =>
  ['LEGACY_DB_URL', 'LEGACY_DB_URL_FILE', 'LEGACY_DB_CA', 'LEGACY_DB_CA_FILE'].flatMap((name) =>
    env[name] ? [[name, env[name]] as const] : [],
  )

const enabledOf = async (
  accounts: Pick<Accounts, 'table' | 'kind'>,
  settings: InitSettings,
  given: string | undefined,
): Promise<EnabledGuess> => {
  if (given !== undefined) return { enabled: given, unused: [] }
  const { table, kind } = accounts
  return guessEnabled(table, kind, (column) => readWords(settings, tableIn(accounts), column))
}

const describe = ({ table, columns, enabled }: Accounts): string => {
  const rows = Object.entries(columns).filter(([, name]) => name !== undefined)
  const all = [['table', tableName(table)], ...rows, ['enabled', enabled ?? 'NOT FOUND']]
  const lines = all.map(([part = '', name = '']) => `  ${part.padEnd(10)} ${name}`)
  return `Found:\n${lines.join('\n')}\n\n`
}

/** What a person must know of who can sign in, on the screen and in the file. */
const doubtsOf = ({ enabled, unused }: EnabledGuess, unlowered: number): readonly string[] => [
  ...(unlowered > 0
    ? [
        `SQLite's lower() does not change letters such as Ä, which are in ${unlowered} of the logins. These people are found only ` +
          'if they type their login with these letters as they are stored. Better: if your application keeps the login in ' +
          'small letters in another column, compare that column with :login in LEGACY_LOOKUP_SQL.',
      ]
    : []),
  ...(enabled === undefined
    ? [
        'Everybody in this table may sign in: no column is known to say who may not. ' +
          'If some may not, say who may with --enabled SQL, or with AS enabled in the three statements.',
      ]
    : []),
  ...(unused.length > 0
    ? [
        `Not used, though it may say who may sign in: ${unused.map((name) => printable(name)).join(', ')}. ` +
          'Say what it means with --enabled SQL, or with AS enabled in the three statements.',
      ]
    : []),
]

const nextCommands = (out: string, mapOut: string): string => `
Next:
  ${toShell(['check', '--env-file', out])}
  ${toShell(['audit', '--env-file', out])}
  ${toShell(['import', '--env-file', out, '--dry-run'])}

For a file with the columns of this table: ${toShell(['import', 'FILE', '--map', mapOut])}
`

export const performInit =
  (options: InitOptions) =>
  async (host: CommandContext): Promise<number> => {
    const { out, mapOut } = options
    const print = createPrint(host, options)
    refuseUnwritable(out, mapOut)
    const env = await environmentOf(host, options)
    const settings = readSettings({ ...host, env }, INIT)
    const kind = databaseKindOf(settings.url) ?? 'sqlite'
    const table = await chooseTable(host, await readTables(settings, kind), options.table)
    const columns = await chooseColumns(host, table, options)
    const found = { kind, table, columns }
    const guess = await enabledOf(found, settings, options.enabled)
    const { enabled, unused } = guess
    const unlowered =
      kind === 'sqlite'
        ? await countUnlowered(settings, tableIn(found), quoteName(columns.login ?? '', kind))
        : 0
    const accounts: Accounts = { ...found, enabled, unlowered }
    const statements = writeStatements(accounts)
    print(describe(accounts), {
      event: 'found',
      table: tableName(table),
      columns,
      enabled,
      unused,
    })
    const doubts = doubtsOf(guess, unlowered)
    const warnings = doubts.map((text) => ({ level: 'warning', text }))
    const findings = [...warnings, ...(await tryStatements(settings, statements))]
    for (const { level, text } of findings) {
      print(`${level.padEnd('warning'.length)}  ${text}\n`, { event: 'finding', level, text })
    }
    const advice = findings
      .filter(({ text }) => text.includes('CREATE INDEX'))
      .map(({ text }) => text)
    write(
      out,
      writeEnv({
        database: databaseLines(env),
        orgUrl: settings.orgUrl,
        statements,
        doubts,
        advice,
      }),
    )
    write(mapOut, `${JSON.stringify(mapOf(columns), undefined, 2)}\n`)
    print(`\nWritten: ${out}, ${mapOut}\n${nextCommands(out, mapOut)}`, {
      event: 'init',
      out,
      map: mapOut,
    })
    return 0
  }
