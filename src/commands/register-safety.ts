/** What `okta-migrate register` does before a change that can stop every sign-in: a trial call, a count, a question. */
import { systemClock } from '../clock.ts'
import { AppError, asAppError } from '../errors.ts'
import { tryChannel } from '../okta/hook-trial.ts'
import type { HookChannel } from '../okta/inline-hooks.ts'
import { createTransport } from '../okta/transport.ts'
import { fetchFrom } from '../proxied-fetch.ts'
import { listUsers, needsHook } from '../okta/users.ts'
import { confirm, type Count, type Given } from './confirm.ts'
import { chooseDisplay } from './display.ts'
import type { Host } from './host.ts'
import { DEFAULT_CONCURRENCY, DEFAULT_SHARE, openOkta } from './okta-config.ts'
import { describeAffected, TRIED, UNTRIED } from './register-words.ts'
import { countUsers, showWaits } from './waits.ts'

/** Okta itself waits 3 seconds; this shows slow ones as slow and not as gone. */
const TRIAL_MS = 10_000

/**
 * Calls the hook server with what Okta shall send, unless that is forced.
 * @throws AppError `hook_untried`, whose detail says what happened
 */
export const tryFirst = async (
  { version, stdout, env }: Host,
  force: boolean,
  channel: HookChannel,
): Promise<void> => {
  if (force) {
    stdout.write(UNTRIED)
    return
  }
  const transport = createTransport({
    clock: systemClock,
    version,
    fetch: fetchFrom(env),
    timeoutMs: TRIAL_MS,
  })
  const why = await tryChannel(transport, channel)
  if (why !== undefined) throw new AppError('hook_untried', { detail: why })
  stdout.write(TRIED)
}

const COUNTING = {
  scopes: ['okta.users.read'],
  share: DEFAULT_SHARE,
  concurrency: DEFAULT_CONCURRENCY,
}

/** Okta's search knows no provider, so that all users are listed: some minutes for 100,000. */
const countAffected = async (host: Host): Promise<{ count: Count; why: string }> => {
  try {
    // A client of its own: a scope that is not granted would fail the whole request for a token.
    const users = countUsers()
    const waits = { display: chooseDisplay(host, {}), progress: users.progress }
    const client = showWaits(openOkta(host, COUNTING), waits)
    let count = 0
    for await (const user of users.count(listUsers(client, { limit: 200 }))) {
      if (needsHook(user)) count++
    }
    return { count, why: '' }
  } catch (err) {
    const { row, detail = '', code } = asAppError(err)
    if (code === 'internal') throw err
    return { count: undefined, why: `${row.sentence} ${detail}`.trim() }
  }
}

/**
 * Says how many people cannot sign in while the hook is off, and has it confirmed.
 * @throws AppError `unconfirmed`
 */
export const confirmOff = async (
  host: Host,
  yes: Given | undefined,
  orgUrl: string,
): Promise<void> => {
  const org = new URL(orgUrl).host
  host.stderr.write('Counting who still needs the hook…\n')
  const { count, why } = await countAffected(host)
  host.stdout.write(describeAffected(org, count, why))
  await confirm(host, yes, { org, count })
}
