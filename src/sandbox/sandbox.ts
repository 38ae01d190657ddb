/** Starts the sandbox: an Okta org in memory that listens on a port. */
import { Hono } from 'hono'
import { listen } from '../ops/listen.ts'
import { authnApi } from './api/authn.ts'
import { customServerApi, type HookClient } from './api/custom-server.ts'
import { notFound, OAuthError, OktaError } from './http/errors.ts'
import { faultsApi, type Faults, type FaultSettings } from './http/faults.ts'
import { createMiddleware, type ServedCall } from './http/middleware.ts'
import type { OrgGroup } from './org/groups.ts'
import { groupsApi } from './api/groups.ts'
import { createHookCaller } from './hook-call.ts'
import { hookView, type HookView } from './org/hooks.ts'
import { hooksApi } from './api/hooks.ts'
import { logApi } from './api/system-log.ts'
import type { LogEvent } from './org/system-log.ts'
import { metaApi } from './api/schemas.ts'
import type { OrgEnv } from './http/request.ts'
import { createOrg, type Org, type OrgOptions } from './org/org.ts'
import { createRing } from './ring.ts'
import { createSignIn } from './sign-in.ts'
import { tokenApi, type RegisteredApp } from './api/token.ts'
import type { UserType } from './org/user-types.ts'
import { userView, type UserView } from './org/users.ts'
import { usersApi } from './api/users.ts'

const MAX_CALLS = 10_000

export interface SandboxOptions extends OrgOptions {
  readonly host?: string
  /** 0 for any free port. */
  readonly port?: number
  readonly apps?: readonly RegisteredApp[]
  /** Clients of the custom authorization server that can get tokens to call hooks. */
  readonly hookClients?: readonly HookClient[]
  readonly onCall?: (call: ServedCall) => void
  /** Called for an error in the sandbox itself. */
  readonly onBug?: (err: unknown) => void
}

/** A user as the API shows it, and how the next sign-in is checked, which the API does not show. */
export type SandboxUser = UserView & { readonly password: 'none' | 'hook' | 'imported' | 'stored' }

export interface Sandbox {
  readonly url: string
  /** The admin, who exists from the start, then the others, oldest first. */
  readonly users: () => Generator<SandboxUser>
  readonly hooks: () => HookView[]
  readonly groups: readonly OrgGroup[]
  readonly userTypes: readonly UserType[]
  /** The latest calls, oldest first. */
  readonly calls: () => ServedCall[]
  /** The System Log's latest events, oldest first. */
  readonly events: () => LogEvent[]
  /** @throws OktaError for unknown faults and values that do not fit */
  readonly setFaults: (settings: FaultSettings) => Faults
  readonly close: () => Promise<void>
}

/** Paths that have a route, so that only the method can be wrong. */
const KNOWN_PATHS =
  /^\/api\/v1\/(authn|logs|meta\/types\/user|(users|groups|inlineHooks)(\/[^/]+)?)$/

const createApp = (options: SandboxOptions, org: Org, parts: Hono<OrgEnv>[]) => {
  const calls = createRing<ServedCall>(MAX_CALLS)
  const onCall = (call: ServedCall): void => {
    calls.push(call)
    options.onCall?.(call)
  }
  const middleware = createMiddleware({ ...org, onCall })
  const app = new Hono<OrgEnv>()
  app.route('/', faultsApi(org.faults))
  app.use('*', ...middleware.all)
  app.use('/api/*', ...middleware.api)
  for (const part of parts) app.route('/', part)
  app.notFound((c) => {
    throw KNOWN_PATHS.test(c.req.path) ? new OktaError('E0000022') : notFound(c.req.path, 'Path')
  })
  app.onError((err, c) => {
    if (err instanceof OktaError || err instanceof OAuthError) return c.json(err.body(), err.status)
    options.onBug?.(err)
    return c.json(new OktaError('E0000009').body(), 500)
  })
  return { app, calls }
}

const passwordKind = (password: string | { readonly algorithm: string }) => {
  if (password === 'none' || password === 'hook') return password
  return typeof password === 'object' && password.algorithm === 'scrypt' ? 'stored' : 'imported'
}

/** @throws AppError `listen_failed` */
export const startSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const { host = '127.0.0.1', port = 0, apps = [], hookClients = [] } = options
  const org = createOrg(options)
  const { clock, users, hooks, log, faults } = org
  const callHook = createHookCaller(clock)
  const { app, calls } = createApp(options, org, [
    usersApi(org),
    metaApi(org),
    groupsApi(org),
    hooksApi(org, callHook),
    authnApi(org, createSignIn(org, callHook)),
    logApi(org),
    tokenApi(org, apps),
    customServerApi(org, hookClients),
  ])
  const listener = await listen({
    ...{ fetch: app.fetch, host, port, clock },
    ...{ tls: undefined, onRenewal: () => undefined },
  })
  const { url } = listener
  return {
    url,
    *users() {
      for (const user of users.values()) {
        yield { ...userView(user, url), password: passwordKind(user.credentials.password) }
      }
    },
    hooks: () => hooks.list(undefined).map((hook) => hookView(hook, url)),
    groups: org.groups.list,
    userTypes: org.userTypes.list,
    calls: () => calls.values(),
    events: () => log.events(),
    setFaults: (settings) => faults.set(settings),
    close: () => listener.close(),
  }
}
