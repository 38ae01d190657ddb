/** Starts the sandbox: an Okta org in memory that listens on a port. */
import { Hono } from 'hono'
import { systemClock, type Clock } from '../clock.ts'
import { listen } from '../ops/listen.ts'
import { authnApi } from './api/authn.ts'
import { NO_CREDENTIALS } from './org/credentials.ts'
import { customServerApi, type HookClient } from './api/custom-server.ts'
import { createDpopChecker } from './dpop.ts'
import { notFound, OAuthError, OktaError } from './http/errors.ts'
import { createFaults, faultsApi, type Faults, type FaultSettings } from './http/faults.ts'
import { createMiddleware, type ServedCall } from './http/middleware.ts'
import { createOrgGroups, type OrgGroup, type GroupSettings } from './org/groups.ts'
import { groupsApi } from './api/groups.ts'
import { createHookCaller } from './hook-call.ts'
import { createHookStore, hookView, type HookView } from './org/hooks.ts'
import { hooksApi } from './api/hooks.ts'
import { logApi } from './api/system-log.ts'
import { createSystemLog, type LogEvent } from './org/system-log.ts'
import { metaApi } from './api/schemas.ts'
import type { OrgEnv } from './http/request.ts'
import type { Org } from './org/org.ts'
import { createRandom } from './random.ts'
import { createRing } from './ring.ts'
import { createSignIn } from './sign-in.ts'
import { tokenApi, type RegisteredApp } from './api/token.ts'
import { createTokens, type IssuedToken } from './org/tokens.ts'
import { createUserTypes, type UserType, type UserTypesSettings } from './org/user-types.ts'
import { createUserStore, userView, type NewUser, type UserView } from './org/users.ts'
import { usersApi } from './api/users.ts'
import { createSimulatedClock } from './simulated-clock.ts'

const MAX_CALLS = 10_000

export interface SandboxOptions extends UserTypesSettings {
  readonly host?: string
  /** 0 for any free port. */
  readonly port?: number
  readonly clock?: Clock
  /** The date and time at the start, in milliseconds since 1970. */
  readonly startedAt?: number
  /** With the same seed, the same calls get the same faults. */
  readonly seed?: number
  readonly tokens?: readonly IssuedToken[]
  readonly apps?: readonly RegisteredApp[]
  /** Clients of the custom authorization server that can get tokens to call hooks. */
  readonly hookClients?: readonly HookClient[]
  readonly faults?: FaultSettings
  /** In addition to Everyone. */
  readonly groups?: readonly GroupSettings[]
  /** Each e-mail address can have one user only, as in orgs with self-service registration. */
  readonly uniqueEmail?: boolean
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

const adminOf = (type: UserType): NewUser => ({
  status: 'ACTIVE',
  type,
  groupIds: [],
  profile: {
    login: 'admin@sandbox.example',
    email: 'admin@sandbox.example',
    firstName: 'Sandbox',
    lastName: 'Admin',
  },
  credentials: NO_CREDENTIALS,
})

const createOrg = (options: SandboxOptions) => {
  const { clock = systemClock, startedAt = Date.now(), seed = 1 } = options
  const faults = createFaults(createRandom(seed), options.faults ?? {})
  const skewMs = (): number => faults.current.clockSkewMs
  const wallClock = createSimulatedClock({ clock, startedAt, skewMs })
  const dpop = createDpopChecker(wallClock)
  const tokens = createTokens({ tokens: options.tokens ?? [], dpop, now: () => clock.now() })
  const userTypes = createUserTypes(options)
  const users = createUserStore(options)
  users.add(adminOf(userTypes.default), wallClock.iso())
  const org: Org = {
    clock,
    wallClock,
    faults,
    users,
    hooks: createHookStore(),
    log: createSystemLog(wallClock),
    tokens,
    groups: createOrgGroups(options.groups ?? []),
    userTypes,
  }
  return { org, dpop }
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
  const { org, dpop } = createOrg(options)
  const { clock, wallClock, tokens, users, hooks, log, faults } = org
  const callHook = createHookCaller(clock)
  const { app, calls } = createApp(options, org, [
    usersApi(org),
    metaApi(org),
    groupsApi(org),
    hooksApi(org, callHook),
    authnApi(createSignIn(org, callHook), wallClock),
    logApi(log, tokens),
    tokenApi({ apps, tokens, dpop, wallClock }),
    customServerApi(hookClients, wallClock),
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
