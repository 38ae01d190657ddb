/** The table of checks that call the hook with a made-up login: from here, and by Okta itself. */
import { randomBytes, randomUUID } from 'node:crypto'
import { isSafeUrl } from '../../http/url.ts'
import { unknownLogin } from '../../login.ts'
import { trySignIn } from '../../okta/api/hook-trial.ts'
import {
  tryHook,
  type InlineHook,
  type Trial,
  type TrialResult,
} from '../../okta/api/inline-hooks.ts'
import { NotGranted, OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { NO_SERVER, type OrgDeps } from './org-deps.ts'
import { failedWith, type Check, type Found } from './table.ts'

type CallCheck = Check<OrgDeps>

const hookOf = ({ found: { hooks } }: OrgDeps): InlineHook | undefined =>
  hooks instanceof NotGranted ? undefined : hooks?.[0]

/** No account has this login, so nobody's wrong passwords are counted, and the ledger keeps no row of it. */
const madeUp = (): Trial => ({
  username: unknownLogin(),
  password: randomBytes(24).toString('base64url'),
  eventId: `okta-migrate-doctor-${randomUUID()}`,
  eventTime: new Date().toISOString(),
})

const DANGER =
  'Stop the hook at once (okta-migrate register --deactivate), and find out what answers at its URL.'

const judge = ({ credential }: TrialResult, how: string): Found => {
  if (credential === 'UNVERIFIED')
    return { level: 'ok', text: `A made-up login is UNVERIFIED${how}.` }
  if (credential === 'VERIFIED')
    return failedWith('The hook says VERIFIED to a login that nobody has.', DANGER)
  return failedWith(
    'The answer is neither VERIFIED nor UNVERIFIED.',
    'Check that the URL is that of the hook server.',
  )
}

/** Okta ends a call after 3 seconds, and what is slow for one login is slower for many. */
const SLOW_MS = 1_500
const OKTA_WAITS_MS = 3_000

const judgeTime = (ms: number): Found[] => {
  const text = `The answer took ${Math.round(ms)} ms, and Okta waits ${OKTA_WAITS_MS}.`
  const fix = 'See "okta-migrate doctor --local" on the machine of the server, row "times".'
  if (ms > OKTA_WAITS_MS) return [failedWith(text, fix)]
  return ms > SLOW_MS ? [{ level: 'warning', text, fix }] : []
}

const NO_URL = 'Give the address of the hook server with --url, or OKTA_ORG_URL and a token.'
const NO_SECRET =
  'Only Okta has what its OAuth client needs to call the hook: use --execute, or set HOOK_SECRET.'

const call: CallCheck = {
  name: 'call',
  run: async (deps) => {
    const { options, server, okta, transport, clock } = deps
    const uri = options.url ?? hookOf(deps)?.channel.config.uri
    const auth = server()?.auth
    if (uri === undefined || !isSafeUrl(uri)) return [{ level: 'unknown', text: NO_URL }]
    if (!auth) return [NO_SERVER]
    if (!auth.secrets) return [{ level: 'unknown', text: NO_SECRET }]
    const org = server()?.orgUrl ?? okta()?.settings.orgUrl ?? new URL(uri).origin
    const channel = {
      uri,
      auth: { type: 'header', key: auth.authHeader, value: auth.secrets.current },
    } as const
    const source = new URL('/api/v1/inlineHooks/doctor', org).href
    const startedAt = clock.now()
    const result = await trySignIn(transport(), channel, { source, trial: madeUp() })
    if ('why' in result) return [{ level: 'failed', text: result.why }]
    return [judge(result, ''), ...judgeTime(clock.now() - startedAt)]
  },
  fix: 'Check that the server runs at this URL, its HOOK_SECRET and its log.',
}

const NOT_ASKED: Found = {
  level: 'unknown',
  text: 'With --execute, Okta itself calls the hook once with a made-up login.',
}

const execute: CallCheck = {
  name: 'execute',
  needs: ['hook'],
  run: async (deps, signal) => {
    const own = hookOf(deps)
    if (!deps.options.execute || !own) return [NOT_ASKED]
    try {
      const result = await tryHook(deps.client(signal), own, madeUp())
      deps.found.wasExecuted = true
      return [judge(result, ', called by Okta')]
    } catch (err) {
      const isAboutHook =
        (err instanceof OktaRejection && err.status === 400) ||
        (err instanceof OktaAnswerLost && err.status !== undefined)
      if (!isAboutHook) throw err
      return [
        { level: 'failed', text: `Okta called the hook and got no usable answer: ${err.detail}` },
      ]
    }
  },
  fix: 'Check the public DNS name, the certificate and the firewall of the hook, and its HOOK_SECRET.',
}

export const CALL_CHECKS: readonly CallCheck[] = [call, execute]
