/** Protects against a change that would stop every sign-in: a trial call, a count, a confirmation, and a journal. */
import { existsSync } from 'node:fs'
import { systemClock } from '../../clock.ts'
import { changeHook, settleOpen, type HookChange } from '../../cutoff/hook-state.ts'
import { openCutOffJournal, type CutOffJournal, type JournalledHook } from '../../cutoff/journal.ts'
import { toJournalled } from '../../cutoff/own-hook.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { tryChannel, type HookPurpose } from '../../okta/api/hook-trial.ts'
import type { HookChannel, InlineHook } from '../../okta/api/inline-hooks.ts'
import { createTransport } from '../../okta/client/transport.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import { confirmAffected, countAffected, type Affected } from '../cutoff/affected.ts'
import { printNotices, type CommandContext, type Print } from '../context.ts'
import type { OktaSettings } from '../okta-settings.ts'
import type { RegisterOptions } from './options.ts'
import { TRIED, UNTRIED } from './messages.ts'

export interface SafetyDeps {
  readonly context: CommandContext
  readonly options: RegisterOptions
  readonly okta: OktaSettings
  readonly print: Print
}

/** Okta itself waits 3 seconds; with more, a slow server is reported as slow and not as unreachable. */
const TRIAL_MS = 10_000

/**
 * Calls the hook server with what Okta is to send, unless --force is given.
 * @throws AppError `hook_untried`, whose detail says what happened
 */
export const tryFirst = async (
  { context: { version, env }, options, print }: SafetyDeps,
  channel: HookChannel,
  purpose?: HookPurpose,
): Promise<void> => {
  if (options.force) {
    print(UNTRIED, { event: 'trial', skipped: true })
    return
  }
  const limits = { clock: systemClock, timeoutMs: TRIAL_MS }
  const transport = createTransport({ version, fetch: fetchFrom(env), ...limits })
  const why = await tryChannel(transport, channel, purpose)
  if (why !== undefined) throw new AppError('hook_untried', { detail: why })
  print(TRIED, { event: 'trial', accepted: true })
}

/**
 * Shows how many people may be unable to sign in, and asks for confirmation.
 * @returns their number, if it is known
 * @throws AppError `unconfirmed`
 */
export const confirmChange = async (
  deps: SafetyDeps,
  describe: (affected: Affected) => string,
): Promise<number | undefined> => {
  const { context, print } = deps
  context.stderr.write('Counting the users who still need the hook…\n')
  const affected = await countAffected(deps)
  const { org, count, whyUncounted } = affected
  print(describe(affected), { event: 'affected', org, people: count, detail: whyUncounted })
  await confirmAffected(deps, affected)
  return count
}

type ChangeDeps = SafetyDeps & { readonly client: OktaClient; readonly hook: InlineHook }

type JournalledChange = Pick<HookChange, 'request' | 'people'> & {
  readonly hook: Partial<JournalledHook>
}

const changeWith = async (
  { client, hook }: ChangeDeps,
  change: JournalledChange,
  journal?: CutOffJournal,
): Promise<InlineHook> => {
  if (journal) settleOpen(journal, [hook], systemClock)
  const wanted = { ...toJournalled(hook), ...change.hook }
  const intent = { ...change, step: 'register', hook: wanted } as const
  return changeHook({ client, journal, clock: systemClock }, intent)
}

/** @throws AppError `cutoff_journal_…`, `journal_locked` */
const changeAndRecord = async (deps: ChangeDeps, change: JournalledChange): Promise<InlineHook> => {
  const journal = openCutOffJournal(deps.options.journal, deps.okta.orgUrl)
  try {
    return await changeWith(deps, change, journal)
  } finally {
    journal.close()
  }
}

/** Activating locks nobody out, does no harm twice, and is the way back: no full disk may stop it. */
const canDoWithout = ({ code }: AppError, { hook: { status } }: JournalledChange): boolean =>
  code === 'cutoff_journal_mismatch' || (code.includes('journal_') && status === 'ACTIVE')

/** Changes the hook, with an entry in the journal of the cut-off where there is one. */
export const changeInJournal = async (
  deps: ChangeDeps,
  change: JournalledChange,
): Promise<InlineHook> => {
  if (!existsSync(deps.options.journal)) return changeWith(deps, change)
  try {
    return await changeAndRecord(deps, change)
  } catch (err) {
    if (!(err instanceof AppError) || !canDoWithout(err, change)) throw err
    printNotices(deps.context, [`This is not recorded: ${err.detail ?? ''}`])
    return changeWith(deps, change)
  }
}
