/** Owns the wiring of the import: options in, parts joined, run to its end or to a signal. */
import { Command } from 'commander'
import { dirname, relative, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../clock.ts'
import { describeVariables, loadConfig, type Loaded, type Need } from '../config.ts'
import { AppError, asAppError } from '../errors.ts'
import { createBrake, NO_BRAKE } from '../import/brake.ts'
import { checkColumns } from '../import/check-columns.ts'
import { createColumns, type Columns, type Mapping } from '../import/columns.ts'
import { writeExisting } from '../import/existing.ts'
import { findingsOf } from '../import/findings.ts'
import { FORMS } from '../import/forms.ts'
import { settledBy } from '../import/journal-rejects.ts'
import { openJournal, type Journal, type Settings } from '../import/journal.ts'
import { createPrepare, maskRequest, type Prepare } from '../import/prepare.ts'
import { REQUIRED } from '../import/profile.ts'
import { chooseDisplay, watch } from '../import/progress.ts'
import { readAhead, type Ahead } from '../import/read-ahead.ts'
import { createRejects, type Rejects } from '../import/rejects.ts'
import { checkFlags, type Roles } from '../import/roles.ts'
import { createRun, type Run, type RunEnd, type RunParts } from '../import/run.ts'
import { createServerTime } from '../import/server-time.ts'
import { createSettler } from '../import/settle.ts'
import { openFile, openStream } from '../import/source-file.ts'
import { openSqlSource } from '../import/source-sql.ts'
import type { Source } from '../import/source.ts'
import { createTidy, type Tidy } from '../import/tidy.ts'
import type { OktaClient } from '../okta/client.ts'
import { untilStopped } from '../ops/shutdown.ts'
import { NETWORK_HELP } from '../proxied-fetch.ts'
import { readText, type Host, type Perform } from './host.ts'
import { findGroupIds, openGroups, withGroups, type Look } from './import-groups.ts'
import { createPrinter } from './import-printer.ts'
import {
  addImportOptions,
  askedColumns,
  attributeMap,
  choosePaths,
  chooseRoles,
  type ImportOptions,
  type Paths,
} from './import-options.ts'
import { createTeller, type Teller } from './import-teller.ts'
import { OKTA, openOkta } from './okta-config.ts'

const NAMES = ['LEGACY_DB_URL', 'LEGACY_DB_CA', 'LEGACY_USERS_SQL'] as const

const SOURCE: Need<(typeof NAMES)[number]> = { names: NAMES, rules: [] }

type SourceConfig = Loaded<(typeof NAMES)[number]>['config']

const openSource = async (
  file: string | undefined,
  { LEGACY_DB_URL: url, LEGACY_DB_CA: ca, LEGACY_USERS_SQL: sql }: SourceConfig,
  stdin: Host['stdin'],
  paths: readonly string[],
): Promise<Source> => {
  if (file === '-') return openStream(stdin, undefined, paths)
  if (file !== undefined) return openFile(file, paths)
  if (url !== undefined && sql !== undefined) return openSqlSource({ url, ca }, sql)
  throw new AppError('usage_invalid', {
    detail: 'Name a file, - for standard input, or set LEGACY_DB_URL and LEGACY_USERS_SQL.',
  })
}

/** A stream may be slow, and is not waited for before its rows are sent. */
const lookAhead = (file: string | undefined, source: Source): Promise<Ahead> =>
  file === '-' ? Promise.resolve({ first: [], source }) : readAhead(source)

/** What nobody asked for in so many words is said. */
const flagNotice = (
  columns: readonly string[],
  { enabled = '' }: Roles,
  { disabled }: ImportOptions,
): string | undefined => {
  if (!columns.includes(enabled)) return undefined
  const what = disabled === 'skip' ? 'skipped' : 'created, and not active'
  return (
    `The column "${enabled}" says who may sign in: people who may not are ${what}. ` +
    `If it means something else: --ignore "${enabled}", or --map "NAME=${enabled}".`
  )
}

const describeMap = (map: Mapping['map']): string =>
  [...map]
    .map((pair) => pair.join('='))
    .sort()
    .join(', ')

/** All that decides what is sent for a row, beside the row itself. */
const settingsOf = (orgUrl: string, options: ImportOptions): Settings => ({
  'the org': orgUrl,
  '--mode': options.mode,
  '--group': options.group.join(', '),
  '--group-column': options.groupColumn ?? '',
  '--where-enabled': options.whereEnabled ?? '',
  '--disabled': options.disabled === 'skip' ? '' : options.disabled,
  '--user-type': options.userType ?? '',
  '--map': describeMap(options.map),
  '--ignore': [...options.ignore].sort().join(', '),
  '--optional': [...options.optional].sort().join(', '),
  '--null': [...options.null].sort().join(', '),
})

/** A crash leaves at most this many rows to be asked about; fewer would be bound by the disk. */
const WINDOW = { min: 10, max: 64 }

const SCOPES = ['okta.users.manage']

/** What a run and a dry run have in common. */
interface Shared {
  readonly host: Host
  readonly options: ImportOptions
  readonly source: Source
  readonly prepare: Prepare
  readonly tidy: Tidy
  readonly rejects: Rejects
  readonly paths: Paths
  readonly teller: Teller
}

const finish = async (
  { host, options, teller }: Shared,
  run: Run,
  client: OktaClient | undefined,
): Promise<RunEnd> => {
  const clock = systemClock
  const unwatch = watch({
    display: chooseDisplay({ json: options.json === true, ...host }),
    snapshot: run.snapshot,
    pace: () => client?.pace,
    clock,
  })
  try {
    const running = run.start()
    const drain = async (): Promise<void> => {
      run.stop()
      await running
    }
    const { onSignal } = host
    const stopped = untilStopped({ onSignal, drain, clock, say: teller.say })
    return await Promise.race([running, stopped.then((): RunEnd => 'stopped')])
  } finally {
    unwatch()
  }
}

/** Puts the rejects file in its place, and tells where that is if it is not where it was meant to be. */
const closeRejects = (
  { rejects, paths, teller }: Shared,
  journal: Journal,
  isComplete: boolean,
): Paths => {
  const path = rejects.close(isComplete)
  if (path === undefined) return paths
  journal.noteRejectsFile(relative(dirname(resolve(paths.journal)), resolve(path)))
  if (path !== paths.rejects) {
    teller.say(
      `${paths.rejects} was changed or imported since it was written, and stays as it is. The rows that are still to correct are in ${path}.`,
    )
  }
  return { ...paths, rejects: path }
}

/** Where the rejects are after a failure, which is told in place of another one that comes of it. */
const placeAfterFailure = (place: () => Paths, paths: Paths): Paths => {
  try {
    return place()
  } catch {
    return paths
  }
}

/** The journal with what imports of its rejects files have settled since. */
const openOwnJournal = (path: string, settings: Settings): Journal => {
  const journal = openJournal(path, settings)
  journal.adopt(settledBy(path, journal.rejectsFiles()))
  return journal
}

/** Runs to the end, tells how it went, and gives the exit code. */
const conclude = async (
  shared: Shared,
  parts: Pick<RunParts, 'journal' | 'settle' | 'brake' | 'serverTime' | 'window' | 'halt'>,
  client?: OktaClient,
): Promise<number> => {
  const { host, source, prepare, rejects, options, teller } = shared
  const { journal } = parts
  const limit = options.limit ?? Infinity
  const known = journal.last
  const keep = (): void => {
    if (!options.dryRun) writeExisting(shared.paths.existingFile, journal)
  }
  const run = createRun({ source, prepare, rejects, limit, ...parts })
  // A run that has not seen again what the journal knows has too few rows to replace those of the run before.
  const place = (end: RunEnd): Paths =>
    closeRejects(
      shared,
      journal,
      end !== 'stopped' || (!options.dryRun && run.snapshot().last >= known),
    )
  // Whoever read it has had enough, as `head` has.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', run.stop)
  try {
    const end = await finish(shared, run, client).finally(keep)
    journal.flush()
    shared.tidy.describe().forEach(teller.say)
    teller.summary(run.snapshot(), end, place(end), findingsOf(journal))
    const { rejected, failed, last } = run.snapshot()
    const isEmpty = end === 'finished' && last === 0 && !options.allowEmpty
    if (isEmpty) teller.say('The input has no rows. If that may be, add --allow-empty.')
    return rejected + failed > 0 || end === 'stopped' || isEmpty ? 1 : 0
  } catch (err) {
    teller.failure(asAppError(err))
    teller.summary(
      run.snapshot(),
      'stopped',
      placeAfterFailure(() => place('stopped'), shared.paths),
      findingsOf(journal),
    )
    throw err
  } finally {
    journal.close()
  }
}

const rehearse = (shared: Shared): Promise<number> => {
  const print = createPrinter(shared.host.stdout)
  const show: RunParts['settle'] = async ({ request }) => {
    await print(JSON.stringify(maskRequest(request)) + '\n')
    return { state: 'created' }
  }
  return conclude(shared, {
    journal: openJournal('', {}),
    settle: show,
    brake: NO_BRAKE,
    serverTime: { now: () => 0 },
    window: WINDOW.max,
    halt: new AbortController(),
  })
}

const perform = async (shared: Shared, look: Look): Promise<number> => {
  const { host, options, paths } = shared
  const { share, concurrency } = options
  const client = openOkta(host, { scopes: SCOPES, share, concurrency })
  const serverTime = createServerTime(systemClock)
  // Shows before anything is written down that Okta answers, and what time it is there.
  const { headers } = await client.request({ method: 'GET', path: '/api/v1/users?limit=1' })
  serverTime.observe(headers)
  const halt = new AbortController()
  const { signal } = halt
  const settler = createSettler({ client, serverTime, clock: systemClock, halt: signal })
  const groups = openGroups(client, signal, shared.teller.say)
  await groups.checkAll(await findGroupIds(look))
  const settle = withGroups(groups, settler.settle)
  const window = Math.min(WINDOW.max, Math.max(WINDOW.min, client.pace.concurrency))
  const journal = openOwnJournal(paths.journal, settingsOf(client.orgUrl, options))
  const brake = options.keepGoing ? NO_BRAKE : createBrake()
  return conclude(shared, { journal, settle, brake, serverTime, window, halt }, client)
}

/**
 * V8 lets its heap grow to a multiple of what lives in it before it collects, and here nearly all is a
 * row's passing waste. Held to one and a half times, an import takes a quarter less memory, at the same
 * speed.
 */
const HEAP_FLAG = '--heap-growing-percent=50'

const importUsers =
  (file: string | undefined, options: ImportOptions) =>
  async (host: Host): Promise<number> => {
    setFlagsFromString(HEAP_FLAG)
    const { config, nearMisses } = loadConfig(SOURCE, host.env, readText)
    const teller = createTeller(host, options)
    // A run that calls Okta tells them when it reads how.
    if (options.dryRun) nearMisses.forEach(teller.say)
    const form = FORMS[options.mode]
    const roles = chooseRoles(options)
    const asked = askedColumns(options)
    const mapping: Mapping = {
      map: attributeMap(options),
      ignore: new Set(options.ignore),
      fields: form.fields,
      roles,
    }
    const columns: Columns = createColumns(mapping)
    const required = REQUIRED.filter((name) => !options.optional.includes(name))
    const nested = [...options.map.values()]
    const opened = await openSource(file, config, host.stdin, nested)
    try {
      const { first, source } = await lookAhead(file, opened)
      const paths = choosePaths(file, source.format, options)
      for (const notice of checkColumns({ source, columns, mapping, required, asked, first }))
        teller.say(notice)
      checkFlags(first, roles)
      const isAsked = asked.some(([, column]) => column === roles.enabled)
      const notice = isAsked ? undefined : flagNotice(source.columns, roles, options)
      if (notice !== undefined) teller.say(notice)
      const tidy = createTidy({ columns, nulls: options.null, say: teller.say })
      const prepare = createPrepare({
        tidy,
        columns,
        form,
        required,
        groupIds: options.group,
        userType: options.userType,
        roles,
        disabled: options.disabled,
      })
      const withSecrets = options.rejectsWithSecrets === true
      const rejects = createRejects({ path: paths.rejects, source, columns, withSecrets })
      const shared: Shared = { host, options, source, prepare, tidy, rejects, paths, teller }
      const reopen = (): Promise<Source> => openSource(file, config, host.stdin, nested)
      const look: Look = { file, given: options.group, roles, first, reopen }
      return await (options.dryRun ? rehearse(shared) : perform(shared, look))
    } finally {
      opened.close()
    }
  }

export const importCommand = (performWork: Perform): Command =>
  addImportOptions(
    new Command('import')
      .description('create the accounts in Okta, from a file or from the legacy database')
      .argument('[file]', 'CSV or JSON, also in gzip; - for standard input'),
  )
    .addHelpText(
      'after',
      `
Modes:
  hook               the first sign-in asks the password import inline hook
  staged             no credentials, and not active yet
  hash               the bcrypt hash itself, from the column password_hash
  password           a password, from the column password
  recovery           a question and its answer, from the columns question and answer
  password-recovery  both
  federated          an identity provider, from the columns providerType and providerName

Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables([...OKTA.names, ...SOURCE.names])}

The way to Okta, as other programs know it:

${NETWORK_HELP}

People whom the column "enabled", or that of --where-enabled, disables are left out. It holds y/n, yes/no, t/f,
true/false, on/off or 1/0, as the hook reads it; nothing means enabled. With --disabled staged they are created, and
cannot sign in before an admin activates them.

Groups are named by their ids. Before the first row Okta is asked whether each is there: those of --group, and those
of --group-column where the input is a file. A service app needs the scope okta.groups.read for it.

Killed at any moment, the same command goes on where it was: no user is lost or created twice.

Exit codes: 0 all well; 1 some rows were rejected or failed, or the run ended early; 2 wrong usage.

Examples:
  okta-migrate import users.csv --dry-run
  okta-migrate import users.csv --limit 10
  okta-migrate import users.csv --where-enabled active
  okta-migrate import users.csv --group-column groups
  okta-migrate import users.csv --map firstName=first_name,lastName=last_name --group 00g1emaKYZTWRYYRRTSK
  LEGACY_USERS_SQL='SELECT email, first AS "firstName", last AS "lastName" FROM users ORDER BY id' okta-migrate import
`,
    )
    .action((file: string | undefined, options: ImportOptions) =>
      performWork(importUsers(file, options)),
    )
