/** Owns the wiring of the import: options in, parts joined, run to its end or to a signal. */
import { Command } from 'commander'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../clock.ts'
import { describeVariables, loadConfig } from '../config.ts'
import { asAppError } from '../errors.ts'
import { createBrake, NO_BRAKE } from '../import/brake.ts'
import { checkColumns } from '../import/check-columns.ts'
import { checkLogins } from '../import/check-logins.ts'
import { createColumns, type Columns, type Mapping } from '../import/columns.ts'
import { writeExisting } from '../import/existing.ts'
import { countExisting } from '../import/existing-count.ts'
import { FORMS } from '../import/forms.ts'
import { openJournal } from '../import/journal.ts'
import { createPrepare, type Prepare } from '../import/prepare.ts'
import { createSight, describeDryCounts } from '../import/progress.ts'
import { createReasons } from '../import/reasons.ts'
import { createRejects, type Rejects } from '../import/rejects.ts'
import { checkFlags } from '../import/roles.ts'
import { createRun, type Run, type RunEnd, type RunParts } from '../import/run.ts'
import { createServerTime } from '../import/server-time.ts'
import { createSettler } from '../import/settle.ts'
import type { Source } from '../import/source.ts'
import { createTidy, type Tidy } from '../import/tidy.ts'
import type { OktaClient } from '../okta/client.ts'
import { readRateLimit } from '../okta/headers.ts'
import { untilStopped } from '../ops/shutdown.ts'
import { createKnownUsers } from '../okta/known-users.ts'
import { NETWORK_HELP } from '../proxied-fetch.ts'
import { watch } from './display.ts'
import { readText, type Host, type Perform } from './host.ts'
import { closeRejects, openKnown, openOwnJournal, placeAfterFailure } from './import-files.ts'
import { findGroupIds, openGroups, withGroups, type Look } from './import-groups.ts'
import { createRequestPrinter } from './import-printer.ts'
import {
  addImportOptions,
  askedColumns,
  attributeMap,
  choosePaths,
  chooseRoles,
  settingsOf,
  type ImportOptions,
  type Paths,
} from './import-options.ts'
import { learnAttributes } from './import-schema.ts'
import { flagNotice, lookAhead, openSource, SOURCE } from './import-source.ts'
import { mayGoOn, startOf } from './import-start.ts'
import { summarise, type Summary } from './import-summary.ts'
import { createTeller, viewOf, type Teller } from './import-teller.ts'
import { isOktaGiven, OKTA, openOkta } from './okta-config.ts'
import { showWaits } from './waits.ts'

/** A crash leaves at most this many rows to be asked about; fewer would be bound by the disk. */
const WINDOW = { min: 10, max: 64 }

const SCOPES = ['okta.users.manage']

/** What a run and a dry run have in common. */
interface Shared {
  /** As it was named. */
  readonly file: string | undefined
  readonly host: Host
  readonly options: ImportOptions
  readonly source: Source
  readonly prepare: Prepare
  readonly tidy: Tidy
  readonly rejects: Rejects
  readonly paths: Paths
  readonly teller: Teller
}

interface Ending {
  readonly end: RunEnd
  readonly isInterrupted: boolean
}

const finish = async (
  { host, options, teller }: Shared,
  run: Run,
  client: OktaClient | undefined,
): Promise<Ending> => {
  const clock = systemClock
  const look = createSight({ snapshot: run.snapshot, pace: () => client?.pace, clock })
  const words = options.dryRun ? describeDryCounts : undefined
  const unwatch = watch(teller.display, clock, () => viewOf(look(), words))
  try {
    const running = run.start()
    let isInterrupted = false
    const drain = async (): Promise<void> => {
      isInterrupted = true
      run.stop()
      await running
    }
    const { onSignal } = host
    const stopped = untilStopped({ onSignal, drain, clock, say: teller.say })
    const end = await Promise.race([running, stopped.then((): RunEnd => 'stopped')])
    return { end, isInterrupted }
  } finally {
    unwatch()
  }
}

/** Runs to the end, tells how it went, and gives the exit code. */
const conclude = async (
  shared: Shared,
  parts: Pick<RunParts, 'journal' | 'settle' | 'brake' | 'serverTime' | 'window' | 'halt'>,
  client?: OktaClient,
): Promise<number> => {
  const { host, source, prepare, options, teller } = shared
  const { journal } = parts
  const limit = options.limit ?? Infinity
  const known = journal.last
  const reasons = createReasons()
  const rejects: RunParts['rejects'] = {
    write: (row, report) => {
      shared.rejects.write(row, report)
      reasons.add(row.line, report)
    },
  }
  const run = createRun({ source, prepare, rejects, limit, ...parts })
  const keep = (): void => {
    if (!options.dryRun) writeExisting(shared.paths.existingFile, journal)
  }
  // A run that has not seen again what the journal knows has too few rows to replace those of the run before.
  const place = (end: RunEnd): Paths => {
    const isComplete = end !== 'stopped' || (!options.dryRun && run.snapshot().last >= known)
    return closeRejects(shared, journal, isComplete)
  }
  const startedAt = systemClock.now()
  const summary = (end: RunEnd, paths: Paths): Summary => {
    const seconds = (systemClock.now() - startedAt) / 1000
    const existing = countExisting(journal)
    const counts = run.snapshot()
    return summarise(
      { ...shared, paths },
      { counts, end, seconds, reasons: reasons.list(), existing },
    )
  }
  // Whoever read it has had enough, as `head` has.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', run.stop)
  try {
    const { end, isInterrupted } = await finish(shared, run, client).finally(keep)
    journal.flush()
    shared.tidy.describe().forEach(teller.say)
    teller.summary(summary(end, place(end)))
    if (isInterrupted) return 130
    const { rejected, failed, last } = run.snapshot()
    const isEmpty = end === 'finished' && last === 0 && !options.allowEmpty
    if (isEmpty) teller.say('The input has no rows. If that may be, add --allow-empty.')
    return rejected + failed > 0 || end === 'stopped' || isEmpty ? 1 : 0
  } catch (err) {
    teller.failure(asAppError(err))
    teller.summary(
      summary(
        'stopped',
        placeAfterFailure(() => place('stopped'), shared.paths),
      ),
    )
    throw err
  } finally {
    journal.close()
  }
}

/** Checks every row as a run would, and shows what it would send. */
const rehearse = (shared: Shared): Promise<number> => {
  const print = createRequestPrinter(shared.host, shared.options)
  const show: RunParts['settle'] = async ({ request }) => {
    await print(request)
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

const perform = async (shared: Shared, look: Look, client: OktaClient): Promise<number> => {
  const { host, options, paths, teller } = shared
  const serverTime = createServerTime(systemClock)
  const halt = new AbortController()
  // Shows before anything is written down that Okta answers, and what time it is there.
  const first = { method: 'GET', path: '/api/v1/users?limit=1' } as const
  const { headers } = await showWaits(client, teller).request(first)
  serverTime.observe(headers)
  const groups = openGroups(client, halt.signal, teller.say)
  await groups.checkAll(await findGroupIds(look))
  const account = (await createKnownUsers((request) => client.request(request)).whoAmI())?.login
  const { orgUrl } = client
  const settings = settingsOf(orgUrl, options)
  const known = openKnown(paths.journal, settings)
  const start = startOf(shared, {
    orgUrl,
    account,
    known: known?.last ?? 0,
    callsPerMinute: readRateLimit(headers)?.limit,
  })
  teller.start(start)
  const refused = await mayGoOn(host, options, start)
  if (refused !== undefined) {
    known?.close()
    return refused
  }
  const { signal } = halt
  const settler = createSettler({ client, serverTime, clock: systemClock, halt: signal })
  const settle = withGroups(groups, settler.settle)
  const window = Math.min(WINDOW.max, Math.max(WINDOW.min, client.pace.concurrency))
  const journal = known ?? openOwnJournal(paths.journal, settings)
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
    const { share, concurrency, userType, arraySeparator: separator } = options
    const isOffline = options.dryRun === true && !isOktaGiven(host.env)
    // A run that calls Okta tells them when it reads how.
    if (isOffline) nearMisses.forEach(teller.say)
    const form = FORMS[options.mode]
    const roles = chooseRoles(options)
    const asked = askedColumns(options)
    const nested = [...options.map.values()]
    const opened = await openSource(file, config, host.stdin, nested)
    try {
      const { first, source } = await lookAhead(file, opened)
      const paths = choosePaths(file, source.format, options)
      const client = isOffline ? undefined : openOkta(host, { scopes: SCOPES, share, concurrency })
      const attributes = await learnAttributes({ client, userType, separator, say: teller.say })
      const mapping: Mapping = {
        map: attributeMap(options),
        ignore: new Set(options.ignore),
        fields: form.fields,
        roles,
        attributes,
      }
      const columns: Columns = createColumns(mapping)
      const required = attributes.required.filter((name) => !options.optional.includes(name))
      for (const notice of checkColumns({ source, columns, mapping, required, asked, first }))
        teller.say(notice)
      checkFlags(first, roles)
      checkLogins(first, columns, attributes)
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
        userType,
        attributes,
        roles,
        disabled: options.disabled,
      })
      const withSecrets = options.rejectsWithSecrets === true
      const rejects = createRejects({ path: paths.rejects, source, columns, withSecrets })
      const shared: Shared = { file, host, options, source, prepare, tidy, rejects, paths, teller }
      const reopen = (): Promise<Source> => openSource(file, config, host.stdin, nested)
      const look: Look = { file, given: options.group, roles, first, reopen }
      return await (options.dryRun || !client ? rehearse(shared) : perform(shared, look, client))
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

The org's own schema is read before the first row: columns and values that do not fit it are told, and text becomes
the boolean, number or list that it wants. A service app needs the scope okta.users.manage, and okta.schemas.read for
this (with --user-type also okta.userTypes.read); without it a warning says what is not checked.

Groups are named by their ids. Before the first row Okta is asked whether each is there: those of --group, and those
of --group-column where the input is a file. A service app needs the scope okta.groups.read for it.

Killed at any moment, the same command goes on where it was: no user is lost or created twice.

Examples:
  okta-migrate import users.csv --dry-run
  okta-migrate import users.csv --limit 10
  okta-migrate import users.csv --where-enabled active
  okta-migrate import users.csv --group-column groups
  okta-migrate import users.csv --ignore legacy_id --array-separator "|"
  okta-migrate import users.csv --map firstName=first_name,lastName=last_name --group 00g1emaKYZTWRYYRRTSK
  LEGACY_USERS_SQL='SELECT email, first AS "firstName", last AS "lastName" FROM users ORDER BY id' okta-migrate import
`,
    )
    .action((file: string | undefined, options: ImportOptions) =>
      performWork(importUsers(file, options)),
    )
