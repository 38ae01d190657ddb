/** Starts the sandbox: an Okta org in memory that listens on a port. */
import { Hono } from 'hono'
import type { Clock } from '../clock.ts'
import { listen } from '../ops/listen.ts'
import { authnApi } from './api/authn.ts'
import { clockApi, type Pass } from './api/clock.ts'
import { customServerApi, type HookClient } from './api/custom-server.ts'
import { notFound, OAuthError, OktaError } from './http/errors.ts'
import { deliveriesApi, eventHooksApi } from './event-hooks/api.ts'
import { createDelivery, type Delivery } from './event-hooks/delivery.ts'
import { controlApi } from './http/controls.ts'
import { FAULTS_PATH, type Faults, type FaultSettings } from './http/faults.ts'
import { createMiddleware, type ServedCall } from './http/middleware.ts'
import type { OrgGroup } from './org/groups.ts'
import { groupsApi } from './api/groups.ts'
import { createHookCaller } from './hook-call.ts'
import { hookView, type HookView } from './org/hooks.ts'
import { hooksApi } from './api/hooks.ts'
import { logApi } from './log/api.ts'
import type { LogEvent } from './log/system-log.ts'
import { metaApi } from './api/schemas.ts'
import type { OrgEnv } from './http/request.ts'
import { createOrg, type Org, type OrgOptions } from './org/org.ts'
import { createCrowd, type CrowdSettings, type SimulatedPerson } from './people/crowd.ts'
import { mailsApi, recoveryApi } from './recovery/api.ts'
import { policiesApi } from './recovery/policies-api.ts'
import { createRecovery, type Mail, type Recovery } from './recovery/recovery.ts'
import { createRing } from './ring.ts'
import { createSignIn } from './sign-in.ts'
import { tokenApi, type RegisteredApp } from './api/token.ts'
import { SWITCHES_PATH, type Switches } from './switches.ts'
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
  /** People who sign in by themselves when the clock jumps. */
  readonly people?: CrowdSettings
  readonly onCall?: (call: ServedCall) => void
  /** Called for an error in the sandbox itself. */
  readonly onBug?: (err: unknown) => void
}

/** A user as the API shows it, and how the next sign-in is checked, which the API does not show. */
export type SandboxUser = UserView & { readonly password: 'none' | 'hook' | 'imported' | 'stored' }

export interface Sandbox {
  readonly url: string
  /** The time in the org, for a server that lives through its months. */
  readonly clock: Clock
  /** The admin, who exists from the start, then the others, oldest first. */
  readonly users: () => Generator<SandboxUser>
  /** Those of the option `people`. */
  readonly people: readonly SimulatedPerson[]
  readonly hooks: () => HookView[]
  readonly groups: readonly OrgGroup[]
  readonly userTypes: readonly UserType[]
  /** The latest calls, oldest first. */
  readonly calls: () => ServedCall[]
  /** The System Log's latest events, a million at most, oldest first. */
  readonly events: () => LogEvent[]
  /** The latest e-mails that Okta would send, oldest first. */
  readonly mails: () => Mail[]
  /** @throws OktaError for unknown faults and values that do not fit */
  readonly setFaults: (settings: FaultSettings) => Faults
  /** @throws OktaError for unknown switches and answers */
  readonly setSwitches: (settings: Partial<Switches>) => Switches
  readonly close: () => Promise<void>
}

/** Paths that have a route, so that only the method can be wrong. */
const KNOWN_PATHS =
  /^\/api\/v1\/(authn|logs|meta\/types\/user|(users|groups|inlineHooks|eventHooks|policies)(\/[^/]+)?)$/

/** Routes that are not Okta's. No fault and no limit applies to them. */
const controlsOf = (
  org: Org,
  recovery: Recovery,
  delivery: Delivery,
  pass: Pass,
): Hono<OrgEnv>[] => [
  controlApi(FAULTS_PATH, org.faults),
  controlApi(SWITCHES_PATH, org.switches),
  clockApi(org.wallClock, { pass, arrive: delivery.flush }),
  mailsApi(recovery),
  deliveriesApi(delivery),
]

interface AppParts {
  readonly controls: readonly Hono<OrgEnv>[]
  readonly parts: readonly Hono<OrgEnv>[]
}

const createApp = (options: SandboxOptions, org: Org, { controls, parts }: AppParts) => {
  const calls = createRing<ServedCall>(MAX_CALLS)
  const onCall = (call: ServedCall): void => {
    calls.push(call)
    options.onCall?.(call)
  }
  const middleware = createMiddleware({ ...org, onCall })
  const app = new Hono<OrgEnv>()
  for (const control of controls) app.route('/', control)
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
  const recovery = createRecovery(org)
  const delivery = createDelivery(org, callHook)
  const signIn = createSignIn(org, callHook)
  const crowd = options.people && createCrowd(org, options.people)
  const pass: Pass = async (target, origin) => crowd?.passTo(target, signIn, origin) ?? {}
  const parts = [
    usersApi(org, recovery),
    recoveryApi(org, recovery),
    policiesApi(org),
    metaApi(org),
    groupsApi(org),
    hooksApi(org, callHook),
    eventHooksApi(org),
    authnApi(org, recovery, signIn),
    logApi(org),
    tokenApi(org, apps),
    customServerApi(org, hookClients),
  ]
  const controls = controlsOf(org, recovery, delivery, pass)
  const { app, calls } = createApp(options, org, { controls, parts })
  const listener = await listen({
    ...{ fetch: app.fetch, host, port, clock },
    ...{ tls: undefined, onRenewal: () => undefined },
  })
  const { url } = listener
  return {
    url,
    clock: { ...clock, now: org.wallClock.now, epochMs: () => org.wallClock.epoch() },
    *users() {
      for (const user of users.values()) {
        yield { ...userView(user, url), password: passwordKind(user.credentials.password) }
      }
    },
    people: crowd?.people ?? [],
    hooks: () => hooks.list(undefined).map((hook) => hookView(hook, url)),
    groups: org.groups.list,
    userTypes: org.userTypes.list,
    calls: () => calls.values(),
    events: () => [...log.events()],
    mails: recovery.mails,
    setFaults: (settings) => faults.set(settings),
    setSwitches: (settings) => org.switches.set(settings),
    close() {
      delivery.stop()
      return listener.close()
    },
  }
}
