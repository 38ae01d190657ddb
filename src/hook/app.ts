/** Owns the HTTP side of the hook: the steps of a call, in their order. */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import type { Clock } from '../clock.ts'
import { AppError, asAppError } from '../errors.ts'
import { normaliseLogin, type LegacyStore } from '../legacy/store.ts'
import type { Bounds } from '../passwords/family.ts'
import type { PasswordChecker } from '../workers/pool.ts'
import { decisionBody, jsonResponse, problemResponse } from './answer.ts'
import { comesFrom, createGate, type Secrets } from './authenticate.ts'
import type { CheckBearer } from './bearer.ts'
import { checkHeaders, readBody } from './body.ts'
import { createDecoy } from './decoy.ts'
import { createFlights } from './flight.ts'
import type { Guard } from './guard.ts'
import { createJudge, type Verdict } from './judge.ts'
import { describeCall, type Ledger } from './ledger.ts'
import {
  observe,
  type CallFacts,
  type CallLog,
  type CallObserver,
  type HookEnv,
  type Step,
} from './line.ts'
import { parsePayload } from './payload.ts'

export const HOOK_PATH = '/hooks/okta/password-import'

export interface HookSettings {
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

export interface HookParts {
  readonly settings: HookSettings
  readonly legacy: LegacyStore
  /** Encoded hashes of some accounts, taken at random: what a hash costs in this store. */
  readonly sample: readonly string[]
  readonly checker: PasswordChecker
  readonly guard: Guard
  /** Set where Okta may authenticate with OAuth. */
  readonly checkBearer?: CheckBearer | undefined
  readonly clock: Clock
  readonly log: CallLog
  readonly onAnswered?: CallObserver | undefined
  /** How a login is written to the log and the ledger. */
  readonly nameLogin: (login: string) => string
  readonly isDraining: () => boolean
  /** Told of each decision; what could not be decided is no decision. */
  readonly ledger?: Ledger | undefined
}

/** What must hold before a byte of the body is believed. */
const gatekeepers = ({ settings, checkBearer, isDraining }: HookParts): [Step, Step, Step] => {
  const pass = createGate({ ...settings, checkBearer })
  return [
    async function refuseWhenDraining(_, next) {
      if (isDraining()) throw new AppError('shutting_down')
      await next()
    },
    async function limitBody(c, next) {
      checkHeaders(c.env.incoming.headers)
      await next()
    },
    async function requireOkta(c, next) {
      const used = await pass(c.env.incoming.headersDistinct)
      // What is to be used no more: an old secret, or a secret at all beside OAuth.
      if (used === 'previous' || (used && checkBearer)) c.var.facts.secret = used
      await next()
    },
  ]
}

const createJudgeFrom = ({ settings, sample, ...parts }: HookParts) => {
  const { bounds, decoySecret } = settings
  const decoy = createDecoy({ secret: decoySecret, bounds, sample })
  return createJudge({ ...parts, bounds, decoy })
}

/** Aborted when the caller has hung up before its answer was sent. */
const hangUpOf = (outgoing: HttpBindings['outgoing']): AbortSignal => {
  const controller = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort()
  })
  return controller.signal
}

const answerCall = (parts: HookParts) => {
  const { settings, clock, nameLogin, ledger } = parts
  const judge = createJudgeFrom(parts)
  const shareFlight = createFlights<Verdict>(clock)
  return async (c: Context<HookEnv>): Promise<Response> => {
    const { arrivedAt, facts } = c.var
    const deadline = arrivedAt + settings.deadlineMs
    const { incoming, outgoing } = c.env
    const hangUp = hangUpOf(outgoing)
    const call = parsePayload(await readBody(incoming, deadline, clock))
    const { eventId, oktaRequestId, source, username, password } = call
    const account = nameLogin(normaliseLogin(username))
    Object.assign(facts, { eventId, oktaRequestId, login: account } satisfies CallFacts)
    if (settings.orgUrl !== undefined && !comesFrom(settings.orgUrl, source)) {
      throw new AppError('unauthenticated', { detail: 'source is not OKTA_ORG_URL' })
    }

    const { result, boarding } = await shareFlight(call, hangUp, async (signal) => {
      const verdict = await judge({ username, account, password, deadline, signal, facts })
      await ledger?.record(describeCall(eventId, account, verdict))
      return verdict
    })
    if (boarding !== 'first') facts.repeat = boarding
    Object.assign(facts, { outcome: result.credential, reason: result.reason } satisfies CallFacts)
    return jsonResponse(200, decisionBody(result))
  }
}

export const createHookApp = (parts: HookParts): Hono<HookEnv> => {
  const app = new Hono<HookEnv>()
  app.use(async function closeWhenDraining(c, next) {
    await next()
    if (parts.isDraining()) c.header('connection', 'close')
  })
  const { clock, log, onAnswered } = parts
  const steps = [observe(clock, log, onAnswered), ...gatekeepers(parts)] as const
  app.post(HOOK_PATH, ...steps, answerCall(parts))
  app.all(HOOK_PATH, () => problemResponse(new AppError('method_not_allowed'), { allow: 'POST' }))
  app.notFound(() => problemResponse(new AppError('not_found')))
  app.onError((err) => problemResponse(asAppError(err)))
  return app
}
