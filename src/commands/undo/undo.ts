/** The command `okta-migrate import undo`: deletes the users that a journal created and that were not used since. */
import { Command, Option } from 'commander'
import { systemClock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { AppError } from '../../errors/errors.ts'
import { openUndoJournal, type UndoJournal } from '../../import/journal/undo-journal.ts'
import { createUserDeleter } from '../../import/run/delete-user.ts'
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
import { createUndoReporter, undoView, type UndoReporter } from './undo-report.ts'
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
  const detail = `The journal is of ${orgUrl}, but OKTA_ORG_URL is ${client.orgUrl}.`
  throw new AppError('undo_impossible', { detail })
}

interface UndoCommandDeps {
  readonly host: CommandContext
  readonly options: UndoOptions
  readonly journal: UndoJournal
  readonly client: OktaClient
  readonly verified: VerifiedLookup
  readonly reporter: UndoReporter
}

const runFor = ({ options, journal, client, verified }: UndoCommandDeps): UndoRun => {
  const halt = new AbortController()
  const { signal } = halt
  const users = createKnownUsers((what) => client.request({ ...what, signal }))
  const isDryRun = options.dryRun === true
  const [{ wasVerified }, { mode }] = [verified, journal]
  const deletion = { users, wasVerified, mode, isDryRun, clock: systemClock, halt: signal }
  const deleteUser = createUserDeleter(deletion)
  const maxInFlight = client.rateLimitStatus.concurrency
  return createUndoRun({ journal, deleteUser, isDryRun, maxInFlight, halt })
}

/** A command that continues may also count the users that it has deleted before. */
const countFor = ({ yes }: UndoOptions, { made, undone }: UndoJournal): number => {
  const given = yes?.count ?? 0
  return given >= made && given <= made + undone ? given : made
}

const perform = async (path: string, deps: UndoCommandDeps): Promise<number> => {
  const { host, options, journal, client, verified, reporter } = deps
  const account = (await createKnownUsers((what) => client.request(what)).whoAmI())?.login
  reporter.start({ orgUrl: client.orgUrl, account, path, journal, ledger: verified.ledger })
  if (journal.made > 0 && !options.dryRun) {
    const { host: org } = new URL(client.orgUrl)
    await confirm(host, options.yes, { org, count: countFor(options, journal) })
  }
  const run = runFor(deps)
  const view = (): ProgressView =>
    undoView(run.snapshot(), client.rateLimitStatus, systemClock.now())
  const reportSummary = (): void => reporter.summary(run.snapshot(), run.reasons())
  try {
    const { display } = reporter
    const { isInterrupted } = await runWithProgress({ host, run, display, view })
    reportSummary()
    const { kept, failed } = run.snapshot()
    return isInterrupted ? 130 : kept + failed > 0 ? 1 : 0
  } catch (err) {
    reportSummary()
    throw err
  }
}

const undoImport =
  (path: string, options: UndoOptions) =>
  async (host: CommandContext): Promise<number> => {
    const journal = openUndoJournal(path)
    try {
      const { share } = options
      const reporter = createUndoReporter(host, options)
      const pacing = { scopes: SCOPES, share, concurrency: DEFAULT_CONCURRENCY }
      const onCall = options.verbose && reporter.display.log
      const client = openOkta(host, { ...pacing, onCall })
      checkOrg(journal, client)
      const verified = await openVerifiedLookup(host)
      const deps = { host, options, journal, client, verified, reporter }
      return await perform(path, deps).finally(verified.close)
    } finally {
      journal.close()
    }
  }

export const undoCommand = (performWork: Perform): Command =>
  new Command('undo')
    .description('delete the users that an import created and that were not used since')
    .argument('<journal>', 'the journal of the import, such as users.csv.journal')
    .option('--dry-run', 'check each user in Okta, and change nothing')
    .addOption(
      new Option(
        '--yes <org:number>',
        'confirm in a script, with the org and the number of users to delete',
      ).argParser(yesOption),
    )
    .addOption(shareOption())
    .addOption(jsonOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText(
      'after',
      `
It deletes a user only if Okta's answer to this import proves that it created the user, and the user was not used: no
sign-in, no password of its own in Okta, no VERIFIED in the hook server's ledger, the same login, and no change by
--update with this journal. Each is deactivated, checked again, and then deleted. All others stay, and are counted by
reason.

Okta cannot restore deleted users. The next import with the same journal creates them again.

If the undo is interrupted or killed, run the same command again: it continues.

${describeVariables(OKTA_SETTINGS.names)}

The ledger is read if LEDGER_DB_URL is set as for the hook server, along with LEDGER_DB_CA, and FINGERPRINT_KEY or
HOOK_SECRET (and HOOK_SECRET_PREVIOUS), which are needed to find its logins.

Examples:
  okta-migrate import undo users.csv.journal --dry-run
  okta-migrate import undo users.csv.journal
  okta-migrate import undo users.csv.journal --yes acme.okta.com:10
`,
    )
    .action((path: string, options: UndoOptions) => performWork(undoImport(path, options)))
