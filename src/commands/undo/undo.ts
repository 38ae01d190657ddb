/** The command `okta-migrate import undo`: deletes the users that a journal created and nobody has used since. */
import { Command, Option } from 'commander'
import { systemClock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { AppError } from '../../errors/errors.ts'
import { openUndoJournal, type UndoJournal } from '../../import/journal/undo-journal.ts'
import { createUndo } from '../../import/run/delete-user.ts'
import { createUndoRun, type UndoRun } from '../../import/run/undo-run.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { createKnownUsers } from '../../okta/api/known-users.ts'
import { jsonOption, quietOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { confirm, yesOption, type Given } from '../terminal/confirm.ts'
import type { ProgressView } from '../terminal/progress-display.ts'
import type { CommandContext, Perform } from '../context.ts'
import { DEFAULT_CONCURRENCY, openOkta, shareOption } from '../okta-options.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { runWithProgress } from '../terminal/run-with-progress.ts'
import { createUndoReporter, undoView, type UndoReporter } from './undo-reporter.ts'
import { openVerifiedLookup, type VerifiedLookup } from './verified.ts'

interface UndoOptions extends CommonOptions {
  readonly dryRun?: true
  readonly yes?: Given
  readonly share: number
}

const SCOPES = ['okta.users.manage']

/** @throws AppError `undo_impossible` */
const checkOrg = ({ orgUrl }: UndoJournal, client: OktaClient): void => {
  if (orgUrl === client.orgUrl) return
  const detail = `The journal is of ${orgUrl}, and OKTA_ORG_URL is ${client.orgUrl}.`
  throw new AppError('undo_impossible', { detail })
}

interface Deps {
  readonly host: CommandContext
  readonly options: UndoOptions
  readonly journal: UndoJournal
  readonly client: OktaClient
  readonly verified: VerifiedLookup
  readonly teller: UndoReporter
}

const runFor = ({ options, journal, client, verified }: Deps): UndoRun => {
  const halt = new AbortController()
  const { signal } = halt
  const users = createKnownUsers((what) => client.request({ ...what, signal }))
  const isDryRun = options.dryRun === true
  const { wasVerified } = verified
  const { mode } = journal
  const undo = createUndo({ users, wasVerified, mode, isDryRun, clock: systemClock, halt: signal })
  return createUndoRun({
    journal,
    undo,
    isDryRun,
    window: client.rateLimitStatus.concurrency,
    halt,
  })
}

/** The same command goes on after it was cut short: it may name those, too, whom it has deleted by then. */
const countFor = ({ yes }: UndoOptions, { made, undone }: UndoJournal): number => {
  const given = yes?.count ?? 0
  return given >= made && given <= made + undone ? given : made
}

const perform = async (path: string, deps: Deps): Promise<number> => {
  const { host, options, journal, client, verified, teller } = deps
  const account = (await createKnownUsers((what) => client.request(what)).whoAmI())?.login
  teller.start({ orgUrl: client.orgUrl, account, path, journal, ledger: verified.ledger })
  if (journal.made > 0 && !options.dryRun) {
    const { host: org } = new URL(client.orgUrl)
    await confirm(host, options.yes, { org, count: countFor(options, journal) })
  }
  const run = runFor(deps)
  const view = (): ProgressView =>
    undoView(run.snapshot(), client.rateLimitStatus, systemClock.now())
  const sum = (): void => teller.summary(run.snapshot(), run.reasons())
  try {
    const { display } = teller
    const { isInterrupted } = await runWithProgress({ host, run, display, view })
    sum()
    const { kept, failed } = run.snapshot()
    return isInterrupted ? 130 : kept + failed > 0 ? 1 : 0
  } catch (err) {
    sum()
    throw err
  }
}

const undoImport =
  (path: string, options: UndoOptions) =>
  async (host: CommandContext): Promise<number> => {
    const journal = openUndoJournal(path)
    try {
      const { share } = options
      const teller = createUndoReporter(host, options)
      const pacing = { scopes: SCOPES, share, concurrency: DEFAULT_CONCURRENCY }
      const onCall = options.verbose && teller.display.log
      const client = openOkta(host, { ...pacing, onCall })
      checkOrg(journal, client)
      const verified = await openVerifiedLookup(host)
      return await perform(path, { host, options, journal, client, verified, teller }).finally(
        verified.close,
      )
    } finally {
      journal.close()
    }
  }

export const undoCommand = (performWork: Perform): Command =>
  new Command('undo')
    .description('delete the users that an import created and nobody has used')
    .argument('<journal>', 'of the import, such as users.csv.journal')
    .option('--dry-run', 'ask Okta about each of them, and change nothing')
    .addOption(
      new Option(
        '--yes <org:number>',
        'confirm it in a script, with the org and the number of users that it may delete',
      ).argParser(yesOption),
    )
    .addOption(shareOption())
    .addOption(jsonOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText(
      'after',
      `
It deletes a user only where Okta's own answer says that this import made it, and nobody has used it: no sign-in, no
password of its own in Okta, no VERIFIED in the hook server's ledger, the same login, and no change by --update with
this journal. Each is deactivated, asked about again, and then deleted. All others stay, and are counted by reason.

Okta cannot bring back who is deleted. The next import with the same journal creates them anew.

Killed at any moment, the same command goes on where it was.

Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables(OKTA_SETTINGS.names)}

The ledger is read where LEDGER_DB_URL is set, as the hook server has it; with it go LEDGER_DB_CA, and FINGERPRINT_KEY or
HOOK_SECRET (and HOOK_SECRET_PREVIOUS), by which its logins are found.

Examples:
  okta-migrate import undo users.csv.journal --dry-run
  okta-migrate import undo users.csv.journal
  okta-migrate import undo users.csv.journal --yes acme.okta.com:10
`,
    )
    .action((path: string, options: UndoOptions) => performWork(undoImport(path, options)))
