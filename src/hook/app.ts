/** Owns the HTTP side of the hook: the steps of a call, in their order. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { Clock } from '../clock.ts'
import { AppError, asAppError } from '../errors/errors.ts'
import type { LegacyStore } from '../legacy/store.ts'
import { readLogin } from '../login.ts'
import type { Bounds } from '../passwords/family.ts'
import type { PasswordChecker } from '../workers/pool.ts'
import { decisionBody, jsonResponse, problemResponse } from './answer.ts'
import { comesFrom, createAuthenticator, type Secrets } from './authenticate.ts'
import type { CheckBearer } from './oauth/bearer.ts'
import { checkHeaders, readBody } from './body.ts'
import { createDummyHashes } from './dummy-hashes.ts'
import { createSingleFlight, type Caller } from './single-flight.ts'
import { createCoalescer } from './coalesce.ts'
import type { GuessLimiter } from './guess-limit.ts'
import { createVerifyCall, type Verdict } from './verify-call.ts'
import { toDecidedCall, type DecisionLog } from './decided-call.ts'
import {
  observe,
  type CallFields,
  type CallLog,
  type CallObserver,
  type HookEnv,
  type HookMiddleware,
} from './call-log.ts'
import { parsePayload } from './payload.ts'

export const HOOK_PATH = '/hooks/okta/password-import'

export interface HookAppOptions {
  /** Lower case, as header names are compared. */
  readonly authHeader: string
  /** Not set where only bearer tokens count. */
  readonly secrets: Secrets | undefined
  /** When set, the only org whose calls are believed. */
  readonly orgUrl: string | undefined
  /** Milliseconds from a call's arrival to its answer. */
  readonly deadlineMs: number
  readonly bounds: Bounds
  /** Draws the decoys: see `decoy.ts`. */
  readonly decoySecret: string
}

export interface HookDeps {
  readonly settings: HookAppOptions
  readonly legacy: LegacyStore
  readonly checker: PasswordChecker
  readonly guard: GuessLimiter
  /** Set where Okta may authenticate with OAuth. */
  readonly checkBearer?: CheckBearer | undefined
  readonly clock: Clock
  readonly log: CallLog
  readonly onAnswered?: CallObserver | undefined
  /** How a login is written to the log and the ledger. */
  readonly nameLogin: (login: string) => string
  /** How the key of an account is written to the ledger: a keyed fingerprint, the same at every replica. */
  readonly namePerson: (key: string) => string
  /** Told of each decision; what could not be decided is no decision. */
  readonly ledger?: DecisionLog | undefined
}

/** What must hold before a byte of the body is believed. */
const gatekeepers = (deps: HookDeps): readonly HookMiddleware[] => {
  const { settings, checkBearer, checker, clock } = deps
  const pass = createAuthenticator({ ...settings, checkBearer })
  const gather = createCoalescer(clock)
  return [
    async function gatherRefusals(c, next) {
      if (!checker.mayAdmit(c.get('arrivedAt') + settings.deadlineMs)) await gather()
      await next()
    },
    async function limitBody(c, next) {
      checkHeaders(c.env.incoming.headers)
      await next()
    },
    async function requireOkta(c, next) {
      const used = await pass(c.env.incoming.rawHeaders)
      // What is to be used no more: an old secret, or a secret at all beside OAuth.
      if (used === 'previous' || (used && checkBearer)) c.get('facts').secret = used
      await next()
    },
  ]
}

const createJudgeFrom = ({ settings, ...deps }: HookDeps) => {
  const { bounds, decoySecret } = settings
  const sample = (): readonly string[] => deps.legacy.hashes
  const decoy = createDummyHashes({ secret: decoySecret, bounds, sample })
  return createVerifyCall({ ...deps, bounds, decoy })
}

/** Gone when it has hung up before its answer was sent. */
const callerOf = (outgoing: HttpBindings['outgoing']): Caller => {
  const isGone = (): boolean => outgoing.closed && !outgoing.writableFinished
  const onceGone: Caller['onceGone'] = (leave) => outgoing.once('close', () => isGone() && leave())
  return { isGone, onceGone }
}

interface Answer {
  readonly verdict: Verdict
  /** Whether a caller was there, and the ledger says so. */
  isTold: boolean
}

const answerCall = (deps: HookDeps) => {
  const { settings, clock, nameLogin, ledger } = deps
  const judge = createJudgeFrom(deps)
  const shareFlight = createSingleFlight<Answer>(clock)
  return async (c: Context<HookEnv>): Promise<Response> => {
    const facts = c.get('facts')
    const deadline = c.get('arrivedAt') + settings.deadlineMs
    const { incoming, outgoing } = c.env
    const call = parsePayload(await readBody(incoming, deadline, clock))
    const { eventId, oktaRequestId, source, username, password } = call
    const login = readLogin(username)
    const account = nameLogin(login.normalised)
    Object.assign(facts, { eventId, oktaRequestId, login: account } satisfies CallFields)
    if (settings.orgUrl !== undefined && !comesFrom(settings.orgUrl, source)) {
      throw new AppError('unauthenticated', { detail: 'source is not OKTA_ORG_URL' })
    }

    const record = (verdict: Verdict, callerGone: boolean): Promise<void> | undefined =>
      ledger?.record(toDecidedCall({ eventId, account, callerGone }, verdict))
    const caller = callerOf(outgoing)
    const { result: answer, boarding } = await shareFlight(call, caller, async (abandonment) => {
      const verdict = await judge({ login, account, password, deadline, abandonment, facts })
      const isTold = !abandonment.isComplete()
      await record(verdict, !isTold)
      return { verdict, isTold }
    })
    const { verdict: result } = answer
    // The caller before this one had hung up: it is this one that is told.
    if (!answer.isTold && !caller.isGone()) {
      answer.isTold = true
      await record(result, false)
    }
    if (boarding !== 'first') facts.repeat = boarding
    Object.assign(facts, { outcome: result.credential, reason: result.reason } satisfies CallFields)
    return jsonResponse(200, decisionBody(result))
  }
}

export const createHookApp = (deps: HookDeps): Hono<HookEnv> => {
  const app = new Hono<HookEnv>()
  const { clock, log, onAnswered } = deps
  const steps = [observe(clock, log, onAnswered), ...gatekeepers(deps)] as const
  app.post(HOOK_PATH, ...steps, answerCall(deps))
  app.all(HOOK_PATH, () => problemResponse(new AppError('method_not_allowed'), { allow: 'POST' }))
  app.notFound(() => problemResponse(new AppError('not_found')))
  app.onError((err) => problemResponse(asAppError(err)))
  return app
}
