/** Protects against a change that would stop every sign-in: a trial call, a count, and a confirmation. */
import { systemClock } from '../../clock.ts'
import { AppError, asAppError } from '../../errors/errors.ts'
import { tryChannel } from '../../okta/api/hook-trial.ts'
import type { HookChannel } from '../../okta/api/inline-hooks.ts'
import { createTransport } from '../../okta/client/transport.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import { listUsers, needsHook } from '../../okta/api/users.ts'
import { confirm, type Count } from '../terminal/confirm.ts'
import type { CommandContext, Print } from '../context.ts'
import { connectWithProgress } from '../okta-options.ts'
import type { OktaSettings } from '../okta-settings.ts'
import type { RegisterOptions } from './options.ts'
import { describeAffected, TRIED, UNTRIED } from './messages.ts'
import { countUsers } from '../terminal/wait-progress.ts'

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
): Promise<void> => {
  if (options.force) {
    print(UNTRIED, { event: 'trial', skipped: true })
    return
  }
  const limits = { clock: systemClock, timeoutMs: TRIAL_MS }
  const transport = createTransport({ version, fetch: fetchFrom(env), ...limits })
  const why = await tryChannel(transport, channel)
  if (why !== undefined) throw new AppError('hook_untried', { detail: why })
  print(TRIED, { event: 'trial', accepted: true })
}

/** Okta cannot search by provider, so all users are listed: some minutes for 100,000. */
const countAffected = async (deps: SafetyDeps): Promise<{ count: Count; why?: string }> => {
  const { context, options, okta } = deps
  try {
    // A separate client: a scope that is not granted would make the whole token request fail.
    const { count: counted, progress } = countUsers()
    const scopes = ['okta.users.read']
    const client = connectWithProgress(context, okta, { ...options, scopes, progress })
    let count = 0
    for await (const user of counted(listUsers(client, { limit: 200 }))) {
      if (needsHook(user)) count++
    }
    return { count }
  } catch (err) {
    const { row, detail = '', code } = asAppError(err)
    if (code === 'internal') throw err
    return { count: undefined, why: `${row.sentence} ${detail}`.trim() }
  }
}

/**
 * Shows how many people cannot sign in while the hook is off, and asks for confirmation.
 * @throws AppError `unconfirmed`
 */
export const confirmDeactivation = async (deps: SafetyDeps): Promise<void> => {
  const { context, options, okta, print } = deps
  const org = new URL(okta.orgUrl).host
  context.stderr.write('Counting the users who still need the hook…\n')
  const { count, why } = await countAffected(deps)
  const event = { event: 'affected', org, people: count, detail: why }
  print(describeAffected(org, count, why), event)
  await confirm(context, options.yes, { org, count })
}
