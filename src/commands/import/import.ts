/** Owns the wiring of the import: options in, parts joined, run to its end or to a signal. */
import { Command } from 'commander'
import { setFlagsFromString } from 'node:v8'
import { loadSettings } from '../../config/load.ts'
import { describeVariables } from '../../config/variables.ts'
import { checkColumns } from '../../import/rows/check-columns.ts'
import { checkLogins } from '../../import/rows/check-logins.ts'
import { createColumns, type Columns, type Mapping } from '../../import/rows/columns.ts'
import { FORMS } from '../../import/rows/modes.ts'
import { createPrepare } from '../../import/rows/prepare.ts'
import { createRejects } from '../../import/report/rejects.ts'
import { checkFlags } from '../../import/rows/roles.ts'
import type { Source } from '../../import/sources/source.ts'
import { createTidy } from '../../import/rows/tidy.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { printNotices, readText, type CommandContext, type Perform } from '../context.ts'
import type { Look } from './find-groups.ts'
import {
  addImportOptions,
  askedColumns,
  attributeMap,
  choosePaths,
  chooseRoles,
  type ImportOptions,
} from './options.ts'
import { perform, rehearse, type Shared } from './perform.ts'
import { learnAttributes } from './ask-schema.ts'
import { flagNotice, lookAhead, openSource, SOURCE } from './input.ts'
import { undoCommand } from '../undo/undo.ts'
import { createImportReporter, type ImportReporter } from './reporter.ts'
import { openOkta } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'

const SCOPES = ['okta.users.manage']

/**
 * V8 lets its heap grow to a multiple of what lives in it before it collects, and here nearly all is a row's
 * passing waste: from Node.js 24 on, 100 MB of it. The old generation is held to one and a half times what lives
 * in it, and the young one to the size that it has when the command begins.
 */
const HEAP_FLAGS = ['--heap-growing-percent=50', '--semi-space-growth-factor=1']

const pacingOf = ({ share, concurrency, verbose }: ImportOptions, { display }: ImportReporter) => ({
  ...{ scopes: SCOPES, share, concurrency },
  onCall: verbose && display.log,
})

const importUsers =
  (file: string | undefined, options: ImportOptions) =>
  async (host: CommandContext): Promise<number> => {
    HEAP_FLAGS.forEach(setFlagsFromString)
    const { settings, notices } = loadSettings(SOURCE, host.env, readText)
    const teller = createImportReporter(host, options)
    const { userType, arraySeparator: separator } = options
    // Whom an update would change, only Okta can say.
    const isOffline = options.dryRun === true && !options.update && !isOktaGiven(host.env)
    // A run that calls Okta prints them when it reads its settings for Okta.
    if (isOffline) printNotices(host, notices)
    const form = FORMS[options.mode]
    const roles = chooseRoles(options)
    const asked = askedColumns(options)
    const nested = [...options.map.values()]
    const opened = await openSource(file, settings.query, host.stdin, nested)
    try {
      const { first, source } = await lookAhead(file, opened)
      const paths = choosePaths(file, source.format, options)
      const client = isOffline ? undefined : openOkta(host, pacingOf(options, teller))
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
        unseen: source.hasHeader ? [] : asked.map(([, column]) => column),
      })
      const withSecrets = options.rejectsWithSecrets === true
      const rejects = createRejects({ path: paths.rejects, source, columns, withSecrets })
      const shared: Shared = { file, host, options, source, prepare, tidy, rejects, paths, teller }
      const reopen = (): Promise<Source> => openSource(file, settings.query, host.stdin, nested)
      const look: Look = { file, given: options.group, roles, first, reopen }
      if (!options.dryRun && client) return await perform(shared, look, client)
      return await rehearse(shared, look, client)
    } finally {
      opened.close()
    }
  }

const HELP = `
Modes:
  hook               the first sign-in asks the password import inline hook
  staged             no credentials, and not active yet
  hash               the bcrypt hash itself, from the column password_hash
  password           a password, from the column password
  recovery           a question and its answer, from the columns question and answer
  password-recovery  both
  federated          an identity provider, from the columns providerType and providerName

Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables([...OKTA_SETTINGS.names, ...SOURCE.names])}

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

With --update, people who are there already get the attributes that the row has otherwise. What it leaves empty stays,
and so do their login, password, groups and status. Each row is compared once, and again after it has changed.

Killed at any moment, the same command goes on where it was: no user is lost or created twice. "import undo" deletes
what a journal created and nobody has used.

Examples:
  okta-migrate import users.csv --dry-run
  okta-migrate import users.csv --limit 10
  okta-migrate import undo users.csv.journal
  okta-migrate import users.csv --update --dry-run
  okta-migrate import users.csv --where-enabled active
  okta-migrate import users.csv --group-column groups
  okta-migrate import users.csv --ignore legacy_id --array-separator "|"
  okta-migrate import users.csv --map firstName=first_name,lastName=last_name
  LEGACY_USERS_SQL='SELECT email, first AS "firstName", last AS "lastName"
    FROM users ORDER BY id' okta-migrate import
`

export const importCommand = (performWork: Perform): Command =>
  addImportOptions(
    new Command('import')
      .description('create the accounts in Okta, from a file or from the legacy database')
      .argument('[file]', 'CSV or JSON, also in gzip; - for standard input'),
  )
    .addHelpText('after', HELP)
    .addCommand(undoCommand(performWork))
    .enablePositionalOptions()
    .helpCommand(false)
    .action((file: string | undefined, options: ImportOptions) =>
      performWork(importUsers(file, options)),
    )
