/** Signs users in: checks the password against Okta's own hash, or calls the hook until it verified one. */
import { randomBytes } from 'node:crypto'
import { OKTA_PROVIDER, type Password } from './org/credentials.ts'
import { hashPassword, passwordMatches } from './org/hashes.ts'
import type { HookCaller, HookResult } from './hook-call.ts'
import { PASSWORD_IMPORT_TYPE, type Hook } from './org/hooks.ts'
import type { LogSource } from './log/source.ts'
import { hookTarget, logTarget } from './log/system-log.ts'
import type { Org } from './org/org.ts'
import type { User } from './org/users.ts'
import type { UserStatus } from './org/lifecycle.ts'

export interface Attempt {
  /** As it was typed. */
  readonly username: string
  readonly password: string
  readonly requestId: string
  readonly ipAddress: string
  readonly userAgent?: string | undefined
  readonly origin: string
}

/** The person who signs in. */
const sourceOf = ({ ipAddress, userAgent }: Attempt): LogSource => ({
  actor: 'target',
  client: { ipAddress, userAgent },
})

const MAY_SIGN_IN: readonly UserStatus[] = ['ACTIVE', 'PASSWORD_EXPIRED']

/** The payload as Okta documents it for orgs of the Classic Engine, which this sign-in belongs to. */
const payloadFor = (hook: Hook, attempt: Attempt, eventTime: string): object => ({
  eventId: randomBytes(16).toString('base64url'),
  eventTime,
  eventType: PASSWORD_IMPORT_TYPE,
  eventTypeVersion: '1.0',
  contentType: 'application/json',
  cloudEventVersion: '0.1',
  source: `${attempt.origin}/api/v1/inlineHooks/${hook.id}`,
  data: {
    context: {
      request: {
        id: attempt.requestId,
        method: 'POST',
        url: { value: '/api/v1/authn' },
        ipAddress: attempt.ipAddress,
      },
      credential: { username: attempt.username, password: attempt.password },
    },
    action: { credential: 'UNVERIFIED' },
  },
})

const logHookCall = ({ log }: Org, hook: Hook, { outcome, attempts }: HookResult): void => {
  const target = hookTarget(hook)
  const write = (eventType: 'inline_hook.executed' | 'inline_hook.response.processed') => {
    const isSuccess = outcome.kind === 'decided'
    const reason = isSuccess ? undefined : outcome.why
    const debugData = { attempts, ...(isSuccess && outcome.debugContext) }
    log.write({ eventType, isSuccess, reason, target, debugData })
  }
  const isAnswer2xx = outcome.kind === 'unusable' && outcome.status >= 200 && outcome.status <= 299
  // Okta logs an execution only if it failed.
  if (outcome.kind === 'decided' || isAnswer2xx) write('inline_hook.response.processed')
  else write('inline_hook.executed')
}

/** Checks a password by the hook, and stores one that it verified. */
const createHookImport = (org: Org, callHook: HookCaller) => {
  const { hooks, log, faults, wallClock, switches } = org

  const store = (user: User, password: Password): void => {
    user.credentials = { ...user.credentials, password, provider: OKTA_PROVIDER }
    user.passwordChanged = user.lastUpdated = wallClock.iso()
  }

  const logImport = (user: User, attempt: Attempt, reason?: string): void => {
    const target = switches.current.importTarget === 'user' ? logTarget(user) : undefined
    const [isSuccess, source] = [reason === undefined, sourceOf(attempt)]
    log.write({ eventType: 'user.import.password', isSuccess, reason, target, source })
  }

  return async (user: User, attempt: Attempt): Promise<boolean> => {
    const hook = hooks.passwordImport()
    if (!hook) {
      const isLogged = switches.current.inactiveHook === 'failed-import'
      if (isLogged) logImport(user, attempt, 'The hook is inactive')
      return false
    }
    const result = await callHook(hook.channel, payloadFor(hook, attempt, wallClock.iso()))
    logHookCall(org, hook, result)
    const { outcome } = result
    const verified = outcome.kind === 'decided' && outcome.credential === 'VERIFIED'
    const password = verified && !faults.current.readOnly && (await hashPassword(attempt.password))
    // If an admin has set another password in the meantime, it stays.
    const isStored = password !== false && user.credentials.password === 'hook'
    if (isStored) store(user, password)
    const reason = verified ? 'The org is in read-only mode' : 'The hook did not verify it'
    logImport(user, attempt, isStored ? undefined : reason)
    return verified
  }
}

export const createSignIn = (org: Org, callHook: HookCaller) => {
  const { log, faults, wallClock, lockout, switches } = org
  const askHook = createHookImport(org, callHook)

  const refuse = (user: User, attempt: Attempt, reason: string): void => {
    const [target, source] = [logTarget(user), sourceOf(attempt)]
    log.write({ eventType: 'user.session.start', isSuccess: false, reason, target, source })
  }

  /** Counts a wrong password that Okta itself compared, or that the hook refused. */
  const countFailure = (user: User, attempt: Attempt): void => {
    if (faults.current.readOnly || user.status !== 'ACTIVE' || !lockout.failed(user)) return
    user.status = 'LOCKED_OUT'
    user.statusChanged = user.lastUpdated = wallClock.iso()
    const [eventType, reason] = ['user.account.lock', 'LOCKED_OUT'] as const
    const source = sourceOf(attempt)
    log.write({ eventType, isSuccess: false, reason, target: logTarget(user), source })
  }

  /** @returns undefined where the sign-in is refused, for any reason */
  return async (attempt: Attempt): Promise<User | undefined> => {
    const user = org.users.find(attempt.username)
    if (!user || attempt.password === '') return undefined
    const { password } = user.credentials
    if (!MAY_SIGN_IN.includes(user.status)) {
      if (user.status === 'LOCKED_OUT') refuse(user, attempt, 'LOCKED_OUT')
      if (user.status === 'RECOVERY') refuse(user, attempt, 'INVALID_CREDENTIALS')
      return undefined
    }
    if (password === 'none') return undefined
    const isRight =
      password === 'hook'
        ? await askHook(user, attempt)
        : await passwordMatches(password, attempt.password)
    if (!isRight) {
      refuse(user, attempt, 'INVALID_CREDENTIALS')
      const isCounted = password !== 'hook' || switches.current.hookFailures === 'counted'
      if (isCounted) countFailure(user, attempt)
      return undefined
    }
    lockout.clear(user)
    const [target, source] = [logTarget(user), sourceOf(attempt)]
    log.write({ eventType: 'user.session.start', isSuccess: true, target, source })
    if (!faults.current.readOnly) user.lastLogin = wallClock.iso()
    return user
  }
}

export type SignIn = ReturnType<typeof createSignIn>
