/** Opens what every step of `cutoff` needs: the org, its hook, and the journal of this cut-off. */
import { existsSync } from 'node:fs'
import type { Clock } from '../../clock.ts'
import { settleOpen } from '../../cutoff/hook-state.ts'
import { openCutOffJournal, type CutOffJournal } from '../../cutoff/journal.ts'
import { ownHook } from '../../cutoff/own-hook.ts'
import { journalledHook, refuseStep } from '../../cutoff/phase.ts'
import { FIRST, type CutOffStep } from '../../cutoff/steps.ts'
import { AppError } from '../../errors/errors.ts'
import { findHooks, type InlineHook } from '../../okta/api/inline-hooks.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { createPrint, type CommandContext, type Print } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { connectWithProgress } from '../okta-options.ts'
import { OKTA_SETTINGS, type OktaSettings } from '../okta-settings.ts'
import type { CutOffOptions, StepOptions } from './options.ts'

/** A plan asks for no less than `close`, so that it finds out in time what was not granted. */
export const CUT_OFF_SCOPES = ['okta.inlineHooks.manage']

export interface CutOffDeps<O extends StepOptions = CutOffOptions> {
  readonly context: CommandContext
  readonly options: O
  readonly clock: Clock
  readonly okta: OktaSettings
  readonly client: OktaClient
  /** The host of the org. */
  readonly org: string
  readonly print: Print
}

/** @param showsItself whether the step has a progress of its own, in which waits are a part */
export const connectCutOff = <O extends StepOptions>(
  context: CommandContext,
  options: O,
  clock: Clock,
  { showsItself = false } = {},
): CutOffDeps<O> => {
  const okta = readSettings(context, OKTA_SETTINGS)
  const shown = { ...options, ...(showsItself && { quiet: true }) }
  const client = connectWithProgress(context, okta, { ...shown, scopes: CUT_OFF_SCOPES })
  const org = new URL(okta.orgUrl).host
  return { context, options, clock, okta, client, org, print: createPrint(context, options) }
}

/** Only a plan begins a journal: elsewhere a mistyped name would begin another cut-off. */
const openExisting = ({ options, okta }: CutOffDeps<StepOptions>): CutOffJournal => {
  const { journal } = options
  if (existsSync(journal)) return openCutOffJournal(journal, okta.orgUrl)
  throw new AppError('cutoff_out_of_order', {
    detail: `There is no ${journal}. If the cut-off has begun, name its journal with --journal. If not: ${FIRST.new}`,
  })
}

export interface OpenedCutOff {
  readonly journal: CutOffJournal
  readonly hooks: readonly InlineHook[]
  /** Whether a run before this one was killed, or left without an answer, while it changed the hook. */
  readonly wasOpen: boolean
}

/** Opens the journal, settles what an earlier run has left open, does the work, and closes the journal. */
export const withCutOff = async <T>(
  deps: CutOffDeps<StepOptions>,
  work: (opened: OpenedCutOff) => Promise<T>,
): Promise<T> => {
  const journal = openExisting(deps)
  try {
    const hooks = await findHooks(deps.client)
    const wasOpen = !deps.options.dryRun && settleOpen(journal, hooks, deps.clock)
    return await work({ journal, hooks, wasOpen })
  } finally {
    journal.close()
  }
}

/**
 * The hook, for a step that comes when it may be taken.
 * @throws AppError `cutoff_out_of_order`, `hook_foreign`
 */
export const hookFor = (step: CutOffStep, { journal, hooks }: OpenedCutOff): InlineHook => {
  const steps = journal.steps()
  refuseStep(step, steps)
  return ownHook(hooks, journalledHook(steps))
}

/**
 * The same for a step that must not be taken while Okta calls the hook, whatever the journal says.
 * @throws AppError `cutoff_out_of_order`, `hook_foreign`
 */
export const closedHookFor = (step: CutOffStep, opened: OpenedCutOff): InlineHook => {
  const hook = hookFor(step, opened)
  if (hook.status === 'INACTIVE') return hook
  throw new AppError('cutoff_out_of_order', {
    detail: `The hook is active in Okta, so cutoff ${step} cannot begin. Run okta-migrate cutoff plan, and then close.`,
  })
}
