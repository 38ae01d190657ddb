/** The HTTP side of the hook: the steps of a call, in order. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { randomUUID } from 'node:crypto'
import type { CallFields, DecidedCall, DecisionLog } from '../call-record.ts'
import type { Clock } from '../clock.ts'
import { AppError, asAppError } from '../errors/errors.ts'
import { sampledHashes, type LegacyStore } from '../legacy/store.ts'
import type { Inspection } from '../passwords/family.ts'
import { inspect, type HashSettings } from '../passwords/registry.ts'
import type { PasswordChecker } from '../workers/checker.ts'
import { decisionBody, jsonResponse, problemResponse } from './answer.ts'
import type { Secrets } from '../http/secret-check.ts'
import { createAuthenticator, isFromOrg } from './authenticate.ts'
import type { CheckBearer } from './oauth/bearer.ts'
import { checkHeaders, readBody } from './body.ts'
import { createDummyHashes } from './dummy-hashes.ts'
import { createSingleFlight, type Caller } from './single-flight.ts'
import type { GuessLimiter } from './guess-limit.ts'
import { isMadeUp } from '../login.ts'
import { createVerifyCall, type VerifyResult } from './verify-call.ts'
import { createCallLog, type CallLogDeps, type HookEnv, type HookMiddleware } from './call-log.ts'
import { parsePayload } from './payload.ts'

export const HOOK_PATH = '/hooks/okta/password-import'

export interface HookAppOptions {
  /** Lower case, as header names are compared. */
  readonly authHeader: string
  /** Not set if only bearer tokens are accepted. */
  readonly secrets: Secrets | undefined
  /** If set, calls from any other org are rejected. */
  readonly orgUrl: string | undefined
  /** Milliseconds from a call's arrival to its answer. */
  readonly deadlineMs: number
  readonly hashes: HashSettings
  /** Chooses the hashes to compute for unknown logins, see `dummy-hashes.ts`. */
  readonly dummyHashSecret: string
}

export interface HookDeps extends CallLogDeps {
  readonly settings: HookAppOptions
  readonly legacy: LegacyStore
  readonly checker: PasswordChecker
  readonly guessLimiter: GuessLimiter
  /** Set if Okta may authenticate with OAuth. */
  readonly checkBearer?: CheckBearer | undefined
  /** The form of a login in the log and the ledger. */
  readonly nameLogin: (login: string) => string
  /** The form of an account's key in the ledger: see `DecidedCall.person`. */
  readonly namePerson: (key: string) => string
  /** Called once per decision; failed calls are not decisions. */
  readonly ledger?: DecisionLog | undefined
}

/** Short against the time in which a refusal is useful, and long enough to catch several calls in a storm. */
const COALESCE_MS = 25

/**
 * While every core checks passwords, the code and data of the main thread are in no cache, and fetching
 * them is most of what a refusal costs. So calls that arrive within a moment are handled together. If there
 * is room by then, all of them are looked up, and some are refused after the others.
 * @returns a function whose promises resolve together
 */
const createCoalescer = (clock: Clock): (() => Promise<void>) => {
  let pending: Promise<void> | undefined
  const startWindow = (resolve: () => void): void => {
    clock.after(COALESCE_MS, () => {
      pending = undefined
      resolve()
    })
  }
  return () => (pending ??= new Promise(startWindow))
}

/** The steps before the body is read. */
const createFirstSteps = (deps: HookDeps): readonly HookMiddleware[] => {
  const { settings, checkBearer, checker, clock } = deps
  const authenticate = createAuthenticator({ ...settings, checkBearer })
  const coalesce = createCoalescer(clock)
  return [
    async function coalesceRefusals(c, next) {
      const deadline = clock.now() + settings.deadlineMs
      c.set('deadline', deadline)
      if (!checker.mayAdmit(deadline)) await coalesce()
      await next()
    },
    async function limitBody(c, next) {
      checkHeaders(c.env.incoming.headers)
      await next()
    },
    async function requireOkta(c, next) {
      const used = await authenticate(c.env.incoming.rawHeaders)
      // Report the previous secret, and any secret where OAuth could replace it.
      if (used === 'previous' || (used && checkBearer)) c.get('fields').secret = used
      await next()
    },
  ]
}

const createVerifyCallFrom = (deps: HookDeps) => {
  const { legacy, settings } = deps
  const { hashes, dummyHashSecret: secret } = settings
  const inspectWithin = (encoded: string): Inspection => inspect(encoded, hashes)
  const sample = (): readonly string[] => sampledHashes(legacy)
  const dummyHashes = createDummyHashes({ secret, inspect: inspectWithin, sample })
  return createVerifyCall({ ...deps, inspect: inspectWithin, dummyHashes })
}

/** A caller is gone when it has hung up before its answer was sent. */
const callerOf = (outgoing: HttpBindings['outgoing']): Caller => {
  const isGone = (): boolean => outgoing.closed && !outgoing.writableFinished
  const onGone: Caller['onGone'] = (run) => outgoing.once('close', () => isGone() && run())
  return { isGone, onGone }
}

const toDecidedCall = (
  call: Pick<DecidedCall, 'eventId' | 'account' | 'callerGone'>,
  { credential: outcome, reason, person, hash, check }: VerifyResult,
): DecidedCall => {
  const { waitMs = 0, runMs = 0 } = check ?? {}
  return { id: randomUUID(), ...call, person, outcome, reason, hash, waitMs, runMs }
}

interface Answer {
  readonly result: VerifyResult
  /** Whether a caller was there to get it, and the ledger says so. */
  isDelivered: boolean
}

const answerCall = (deps: HookDeps) => {
  const { settings, clock, nameLogin, ledger } = deps
  const verifyCall = createVerifyCallFrom(deps)
  const singleFlight = createSingleFlight<Answer>(clock)
  return async (c: Context<HookEnv>): Promise<Response> => {
    const fields = c.get('fields')
    const deadline = c.get('deadline')
    const { incoming, outgoing } = c.env
    const call = parsePayload(await readBody(incoming, deadline, clock))
    const { eventId, oktaRequestId, source, login, password } = call
    const account = nameLogin(login.normalised)
    Object.assign(fields, { eventId, oktaRequestId, login: account } satisfies CallFields)
    if (settings.orgUrl !== undefined && !isFromOrg(settings.orgUrl, source)) {
      throw new AppError('unauthenticated', { detail: 'source is not OKTA_ORG_URL' })
    }

    // A call of `doctor` is nobody's sign-in, whatever the store says of it: no report may count it.
    const isKept = ({ credential }: VerifyResult): boolean =>
      credential === 'VERIFIED' || !isMadeUp(login.normalised)
    const record = (result: VerifyResult, callerGone: boolean): Promise<void> | undefined =>
      isKept(result)
        ? ledger?.record(toDecidedCall({ eventId, account, callerGone }, result))
        : undefined
    const caller = callerOf(outgoing)
    const { result: answer, origin } = await singleFlight(call, caller, async (cancellation) => {
      const result = await verifyCall({ login, account, password, deadline, cancellation, fields })
      const isDelivered = !cancellation.isCancelled()
      await record(result, !isDelivered)
      return { result, isDelivered }
    })
    const { result } = answer
    // The earlier caller had hung up, so this one is the first to get the answer.
    if (!answer.isDelivered && !caller.isGone()) {
      answer.isDelivered = true
      await record(result, false)
    }
    const { credential: outcome, reason, check } = result
    const work = origin === 'first' ? check : { repeat: origin }
    Object.assign(fields, { outcome, reason, ...work } satisfies CallFields)
    return jsonResponse(200, decisionBody(result))
  }
}

export const createHookApp = (deps: HookDeps): Hono<HookEnv> => {
  const app = new Hono<HookEnv>()
  const steps = [createCallLog(deps), ...createFirstSteps(deps)] as const
  app.post(HOOK_PATH, ...steps, answerCall(deps))
  app.all(HOOK_PATH, () => problemResponse(new AppError('method_not_allowed'), { allow: 'POST' }))
  app.notFound(() => problemResponse(new AppError('not_found')))
  app.onError((err) => problemResponse(asAppError(err)))
  return app
}
