/** The command `okta-migrate import`: puts its parts together from options and environment, and its help. */
import { Command } from 'commander'
import { loadSettings } from '../../config/load.ts'
import { describeVariables } from '../../config/variables.ts'
import { checkColumns } from '../../import/rows/check-columns.ts'
import { checkLogins } from '../../import/rows/check-logins.ts'
import { createColumns, type Columns, type Mapping } from '../../import/rows/columns.ts'
import {
  CREDENTIAL_MODES,
  createHashMode,
  type CredentialMode,
  type Mode,
} from '../../import/rows/modes.ts'
import { createPrepare } from '../../import/rows/prepare.ts'
import { createRejects } from '../../import/report/rejects.ts'
import { checkFlags } from '../../import/rows/roles.ts'
import type { Source } from '../../import/sources/source.ts'
import { createTidy } from '../../import/rows/tidy.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { readText, type CommandContext, type Perform } from '../context.ts'
import type { GroupSearch } from './find-groups.ts'
import {
  addImportOptions,
  askedColumns,
  attributeMap,
  choosePaths,
  chooseRoles,
  type ImportOptions,
} from './options.ts'
import { perform, performDryRun } from './perform.ts'
import { fetchAttributes } from './ask-schema.ts'
import { flagNotice, lookAhead, openSource, SOURCE } from './input.ts'
import { undoCommand } from '../undo/undo.ts'
import { createImportReporter, type ImportReporter } from './reporter.ts'
import { DEFAULT_HASHES, type HashSettings } from '../../passwords/registry.ts'
import { openOkta } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'

const SCOPES = ['okta.users.manage']

const pacingOf = ({ share, concurrency, verbose }: ImportOptions, { display }: ImportReporter) => ({
  ...{ scopes: SCOPES, share, concurrency },
  onCall: verbose && display.log,
})

const modeOf = (mode: Mode, { templates }: Pick<HashSettings, 'templates'>): CredentialMode =>
  mode === 'hash' ? createHashMode({ ...DEFAULT_HASHES, templates }) : CREDENTIAL_MODES[mode]

const importUsers =
  (file: string | undefined, options: ImportOptions) =>
  async (host: CommandContext): Promise<number> => {
    const { settings, notices } = loadSettings(SOURCE, host.env, readText)
    const reporter = createImportReporter(host, options)
    const { notify } = reporter
    const { userType, arraySeparator: separator, group: groupIds, disabled } = options
    // Only Okta knows which users an update would change.
    const isOffline = options.dryRun === true && !options.update && !isOktaGiven(host.env)
    // A run that calls Okta reports them when it reads its settings for that.
    if (isOffline) notices.forEach(notify)
    const mode = modeOf(options.mode, settings)
    const roles = chooseRoles(options)
    const asked = askedColumns(options)
    const nested = [...options.map.values()]
    const reopen = (): Promise<Source> => openSource(file, settings.query, host.stdin, nested)
    const opened = await reopen()
    try {
      const { first, source } = await lookAhead(file, opened)
      const paths = choosePaths(file, source.format, options)
      const client = isOffline ? undefined : openOkta(host, pacingOf(options, reporter))
      const attributes = await fetchAttributes({
        client,
        env: host.env,
        userType,
        separator,
        notify,
      })
      const [map, ignore] = [attributeMap(options), new Set(options.ignore)]
      const fields = [...mode.fields, ...(mode.optional ?? [])]
      const mapping: Mapping = { map, ignore, fields, roles, attributes }
      const columns: Columns = createColumns(mapping)
      const required = attributes.required.filter((name) => !options.optional.includes(name))
      const needed = [...required, ...mode.fields]
      checkColumns({ source, columns, mapping, required: needed, asked, first }).forEach(notify)
      checkFlags(first, roles)
      checkLogins(first, columns, attributes)
      const isAsked = asked.some(([, column]) => column === roles.enabled)
      const notice = isAsked ? undefined : flagNotice(source.columns, roles, options)
      if (notice !== undefined) notify(notice)
      const tidy = createTidy({ columns, nulls: options.null, notify })
      const prepare = createPrepare({
        ...{ tidy, columns, mode, required, groupIds, userType, attributes, roles, disabled },
        awaited: source.hasHeader ? [] : asked.map(([, column]) => column),
      })
      const withSecrets = options.rejectsWithSecrets === true
      const rejects = createRejects({ path: paths.rejects, source, columns, withSecrets })
      const groups: GroupSearch = { file, given: groupIds, roles, first, reopen }
      const deps = { file, host, options, source, prepare, tidy, rejects, paths, reporter, groups }
      if (!options.dryRun && client) return await perform(deps, client)
      return await performDryRun(deps, client)
    } finally {
      opened.close()
    }
  }

const HELP = `
Modes:
  hook               the first sign-in calls the password import inline hook
  staged             no credentials, not active yet
  hash               the hash itself, from the column password_hash, with a salt from
                     password_salt if it has a column of its own: bcrypt, PBKDF2, SHA-1,
                     SHA-256, SHA-512 or MD5
  password           a password, from the column password
  recovery           a question and its answer, from the columns question and answer
  password-recovery  both
  federated          an identity provider, from the columns providerType and providerName

${describeVariables([...OKTA_SETTINGS.names, ...SOURCE.names])}

Network settings:

${NETWORK_HELP}

People whom the column "enabled" (or that of --where-enabled) disables are left out. The column holds y/n, yes/no, t/f,
true/false, on/off or 1/0, like for the hook; an empty value means enabled. With --disabled staged they are created, but
cannot sign in until an admin activates them.

The org's schema is read before the first row. Columns and values that do not fit it are reported, and text is converted
to the boolean, number or list that it asks for. A service app needs the scope okta.users.manage, and okta.schemas.read
for the schema (with --user-type also okta.userTypes.read); without it a warning says what is not checked.

Groups are given by their ids. Before the first row, Okta is asked whether each of them exists: those of --group, and
those of --group-column if the input is a file. A service app needs the scope okta.groups.read for this.

With --update, existing users get the attributes of their row where they differ. Attributes that the row leaves empty
stay, and so do login, password, groups and status. Each row is compared once, and again after it has changed.

If the import is interrupted or killed, run the same command again: it continues, and no user is lost or created twice.
"import undo" deletes the users that a journal's import created and that were not used since.

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
    new Command('import').argument('[file]', 'CSV or JSON, also in gzip; - for standard input'),
  )
    .addHelpText('after', HELP)
    .addCommand(undoCommand(performWork))
    .enablePositionalOptions()
    .helpCommand(false)
    .action((file: string | undefined, options: ImportOptions) =>
      performWork(importUsers(file, options)),
    )
