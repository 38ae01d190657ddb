/** The table of checks that ask the org, and the way to it. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { findProxy } from '../../http/proxied-fetch.ts'
import { findHooks } from '../../okta/api/inline-hooks.ts'
import { isAnswer } from '../../okta/client/transport.ts'
import { ifGranted, NotGranted } from '../../okta/errors/rejection.ts'
import { dateIn, readRateLimit } from '../../okta/rate-limit/headers.ts'
import { figure } from '../../text/figure.ts'
import { describeMissingOkta } from '../okta-settings.ts'
import { HOOK_SCOPE, type OrgDeps, type SeenAnswer } from './org-deps.ts'
import { checkSchema } from './schema.ts'
import type { Check, Found } from './table.ts'

type OrgCheck = Check<OrgDeps>

const withoutOrg = ({ context: { env } }: OrgDeps): Found => ({
  level: 'unknown',
  text: describeMissingOkta(env).text,
})

const PROXY_MS = 5_000

/** @returns why the proxy cannot be reached */
const tryConnect = async (hostname: string, port: number): Promise<string | undefined> => {
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port })
  socket.setTimeout(PROXY_MS, () => socket.destroy(new Error('no answer')))
  try {
    await once(socket, 'connect')
    return undefined
  } catch (err) {
    return (err as NodeJS.ErrnoException).code ?? 'no answer'
  } finally {
    socket.destroy()
  }
}

const SOCKS =
  'ALL_PROXY is not read, and a SOCKS proxy cannot be used: set HTTPS_PROXY to an HTTP proxy if one is needed.'

const proxies: OrgCheck = {
  name: 'proxies',
  run: async ({ context: { env } }) => {
    const proxy = findProxy(env)
    const others = [env['ALL_PROXY'], env['all_proxy']].some(Boolean)
    if (!proxy && others) return [{ level: 'warning', text: SOCKS }]
    if (!proxy) return [{ level: 'ok', text: 'Calls to Okta go directly (no HTTPS_PROXY).' }]
    const { hostname, port, noProxy } = proxy
    const why = await tryConnect(hostname, port)
    const but = noProxy === '' ? '' : `, but not those to ${noProxy} (NO_PROXY)`
    if (why !== undefined)
      return [
        { level: 'failed', text: `The proxy ${hostname}:${port} cannot be reached (${why}).` },
      ]
    const text = `Calls to Okta go through ${hostname}:${port}${but}. Databases are never called through it.`
    return [{ level: 'ok', text }]
  },
  fix: 'Correct HTTPS_PROXY, http://USER:PASSWORD@HOST:PORT; or unset it and have Okta called directly.',
}

const org: OrgCheck = {
  name: 'org',
  run: async (deps, signal) => {
    const { okta, client, found, context } = deps
    const given = okta()
    if (!given) {
      const { hints } = describeMissingOkta(context.env)
      return [{ ...withoutOrg(deps), ...(hints.length > 0 && { fix: hints.join('\n') }) }]
    }
    found.hooks = await ifGranted(() => findHooks(client(signal)))
    const { orgUrl, auth } = given.settings
    const how = auth.kind === 'token' ? `the ${auth.scheme} token` : 'the service app'
    return [
      { level: 'ok', text: `${orgUrl} accepts ${how}.` },
      ...given.notices.map((text): Found => ({ level: 'warning', text })),
    ]
  },
}

interface ScopeRow {
  readonly scope: string
  /** A call that needs no more than it, and changes nothing. */
  readonly path: string
  readonly commands: string
  /** Whether nothing goes without it. */
  readonly isNeeded: boolean
}

/** The call for hooks was made already. */
const SCOPES: readonly ScopeRow[] = [
  { scope: HOOK_SCOPE, path: '', commands: 'register, cutoff', isNeeded: true },
  {
    scope: 'okta.users.manage',
    path: '/api/v1/users?limit=1',
    commands: 'import, status, who, cutoff',
    isNeeded: true,
  },
  {
    scope: 'okta.schemas.read',
    path: '/api/v1/meta/schemas/user/default',
    commands: 'import',
    isNeeded: false,
  },
  {
    scope: 'okta.groups.read',
    path: '/api/v1/groups?limit=1',
    commands: 'import --group',
    isNeeded: false,
  },
  {
    scope: 'okta.logs.read',
    path: '/api/v1/logs?limit=1',
    commands: 'status --quick, cutoff watch, cutoff purge',
    isNeeded: false,
  },
  {
    scope: 'okta.policies.read',
    path: '/api/v1/policies?type=PASSWORD',
    commands: 'cutoff plan, cutoff reset',
    isNeeded: false,
  },
]

const GRANT =
  'Grant it to the service app (Admin Console: Applications, the app, Okta API Scopes), or use the token of an admin who may do this.'

const scopes: OrgCheck = {
  name: 'scopes',
  needs: ['org'],
  run: async ({ okta, client, found }, signal) => {
    const granted: string[] = []
    const rows: Found[] = []
    for (const { scope, path, commands, isNeeded } of SCOPES) {
      const own = client(signal).withScopes([scope])
      const answer =
        path === '' ? found.hooks : await ifGranted(() => own.request({ method: 'GET', path }))
      if (!(answer instanceof NotGranted)) {
        granted.push(scope)
        continue
      }
      const text = `${scope} is missing, which these commands need: ${commands}. Okta says: ${answer.why}`
      rows.push({ level: isNeeded ? 'failed' : 'warning', text, fix: GRANT })
    }
    const but = okta()?.settings.auth.kind === 'token' ? ', as far as reading shows' : ''
    const text = `Granted${but}: ${granted.join(', ')}.`
    return granted.length > 0 ? [{ level: 'ok', text }, ...rows] : rows
  },
}

/** Below this part of a limit, others use most of it. */
const LOW = 0.25

/** Of the answer that leaves the smallest part of its limit. */
const tightestOf = (answers: readonly SeenAnswer[]) => {
  const limits = answers.flatMap(({ path, headers }) => {
    const rate = readRateLimit(headers)
    return rate && rate.limit > 0 ? [{ path, ...rate, left: rate.remaining / rate.limit }] : []
  })
  return limits.sort((a, b) => a.left - b.left)[0]
}

const rateLimits: OrgCheck = {
  name: 'rate limits',
  needs: ['org'],
  run: async ({ answers }) => {
    const rate = tightestOf(answers)
    if (!rate) return [{ level: 'unknown', text: "Okta's answers name no limit." }]
    const { path, limit, remaining, left } = rate
    const text = `Okta allows ${figure(limit)} calls a minute to ${path}; ${figure(remaining)} are left in this one.`
    if (remaining === 0) return [{ level: 'failed', text }]
    return [left < LOW ? { level: 'warning', text, fix: SHARE } : { level: 'ok', text }]
  },
  fix: 'See in the Admin Console (Reports, Rate limits) who uses it up, and try again when the minute is over.',
}

const SHARE = 'Give import and status less of it: --share.'

const WARN_S = 30
const FAIL_S = 300

/** Any answer has the org's time; it needs no token, since with a wrong clock Okta may accept none. */
const clockCheck: OrgCheck = {
  name: 'clock',
  run: async (deps) => {
    const { okta, transport, clock, server } = deps
    const given = okta()
    if (!given) return [withoutOrg(deps)]
    const url = new URL('/.well-known/okta-organization', given.settings.orgUrl)
    const before = clock.epochMs()
    const outcome = await transport().send({ method: 'GET', url, headers: {} })
    if (!isAnswer(outcome)) return [{ level: 'unknown', text: `${outcome.reason}.` }]
    const seconds = dateIn(outcome.headers.get('date'))
    if (Number.isNaN(seconds)) return [{ level: 'unknown', text: 'The answer has no date.' }]
    // The date is that of the answer, without the part of its second.
    const ours = (before + clock.epochMs()) / 2 - 500
    const skew = Math.round(ours / 1000 - seconds)
    const text = `This machine's clock is ${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} Okta's.`
    if (Math.abs(skew) <= WARN_S) return [{ level: 'ok', text }]
    const usesOAuth = given.settings.auth.kind === 'service-app' || server()?.auth.oauth
    const isBad = Math.abs(skew) > FAIL_S && usesOAuth
    return [{ level: isBad ? 'failed' : 'warning', text, fix: CLOCK }]
  },
}

const CLOCK = 'Set the clock (NTP): tokens of OAuth are refused where clocks differ.'

const schema: OrgCheck = { name: 'schema', needs: ['org'], run: checkSchema }

/** In the order in which one depends on another. */
export const ORG_CHECKS: readonly OrgCheck[] = [
  proxies,
  clockCheck,
  org,
  scopes,
  schema,
  rateLimits,
]
