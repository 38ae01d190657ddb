/** Verifies one call: counts the guess, looks the login up, checks the password and decides. */
import type { CallFields, DecidedCall } from '../call-record.ts'
import { within, type Clock } from '../clock.ts'
import { AppError, refusal } from '../errors/errors.ts'
import {
  loginKey,
  type HashStore,
  type LegacyAccount,
  type LegacyStore,
  type VerifyingStore,
} from '../legacy/store.ts'
import { foldLogin, type TypedLogin } from '../login.ts'
import type { Inspection, Plan } from '../passwords/family.ts'
import type { Checked, PasswordChecker } from '../workers/checker.ts'
import {
  assess,
  decide,
  decisionFor,
  isEmptyPassword,
  TOO_MANY_ACCOUNT_GUESSES,
  TOO_MANY_GUESSES,
  type Decision,
  type Assessment,
} from './decision.ts'
import type { DummyHashes } from './dummy-hashes.ts'
import type { Cancellation } from './single-flight.ts'
import { loginSubject, personSubject, type GuessLimiter } from './guess-limit.ts'

export interface VerifyCallDeps {
  readonly inspect: (encoded: string) => Inspection
  readonly legacy: LegacyStore
  readonly checker: PasswordChecker
  readonly guessLimiter: GuessLimiter
  readonly dummyHashes: DummyHashes
  readonly namePerson: (key: string) => string
  readonly clock: Clock
}

export interface VerifyRequest {
  readonly login: TypedLogin
  /** The login as it may be written down: guesses at it count under this name, here and elsewhere. */
  readonly account: string
  readonly password: string
  /** On the clock's scale. */
  readonly deadline: number
  readonly cancellation: Cancellation
  /** Of the call's log entry, for the time of the lookup: it is logged even if the call fails. */
  readonly fields: CallFields
}

/** A decision, with the details that the ledger records. */
export interface VerifyResult extends Decision {
  readonly person: DecidedCall['person']
  readonly hash?: DecidedCall['hash']
  /** How the check ran, if there was one; without lanes where the store made it. */
  readonly check?: Omit<Checked, 'outcome' | 'lanes'> & Partial<Pick<Checked, 'lanes'>>
}

/** Waits for a lookup until the deadline, and records the time that it takes, even if it fails. */
const timed = <T>(
  clock: Clock,
  { deadline, fields }: VerifyRequest,
  lookUp: () => Promise<T>,
): Promise<T> => {
  const startedAt = clock.now()
  const late = (): AppError => new AppError('deadline_exceeded')
  return within(clock, deadline, lookUp(), late).finally(() => {
    fields.lookupMs = clock.now() - startedAt
  })
}

const describeHash = ({ hash }: Assessment) =>
  hash && { family: hash.kind.name, cost: Math.round(hash.kind.cost) }

const lookUp = async (store: HashStore, clock: Clock, request: VerifyRequest) => {
  const { login, deadline } = request
  const find = () => store.find(login.normalised, login.typed, deadline)
  const accounts = await timed(clock, request, find)
  // It was looked up all the same, so that it costs as much as an unknown login.
  return login.isTooLong ? [] : accounts
}

/** Systems that keep text up to its first NUL exist, and take such a password for an empty one. */
const mayCountAsEmpty = (password: string): boolean =>
  isEmptyPassword(password) || password.startsWith('\0')

/** Lets the store verify the password. No hash is computed, not even a dummy: the time is the store's own. */
const askStore = async (store: VerifyingStore, clock: Clock, request: VerifyRequest) => {
  const { login, password, deadline, cancellation } = request
  // Some directories accept an empty password from anyone.
  if (mayCountAsEmpty(password)) return 'empty_password'
  if (login.isTooLong) return 'unknown_login'
  const { normalised, typed } = login
  const verify = () => store.verify(normalised, typed, password, deadline, cancellation.signal)
  return timed(clock, request, verify)
}

/** The decisions of a store that verifies passwords itself. */
const createVerifyByStore = ({ guessLimiter, namePerson, clock }: VerifyCallDeps) => {
  const verify = async (store: VerifyingStore, request: VerifyRequest, person: string) => {
    const decision = decisionFor(await askStore(store, clock, request))
    const { lookupMs: runMs } = request.fields
    const check = runMs === undefined ? {} : { check: { waitMs: 0, runMs } }
    return { ...decision, person, ...check }
  }

  /**
   * Such a store does not say whose the login is. The person is the login as Okta compares it: with each accent more,
   * a guesser would have the limit once more, and the store may pass over accents too.
   */
  return (store: VerifyingStore, request: VerifyRequest): Promise<VerifyResult> => {
    const person = namePerson(loginKey(foldLogin(request.login.normalised)))
    const refuse = (decision: Decision) => () => Promise.resolve({ ...decision, person })
    return guessLimiter.run(
      loginSubject(request.account),
      () =>
        guessLimiter.run(
          personSubject(person),
          () => verify(store, request, person),
          refuse(decisionFor(TOO_MANY_ACCOUNT_GUESSES)),
        ),
      refuse(TOO_MANY_GUESSES),
    )
  }
}

export const createVerifyCall = (deps: VerifyCallDeps) => {
  const { inspect, legacy, checker, guessLimiter, dummyHashes, namePerson, clock } = deps

  const personOf = (accounts: readonly LegacyAccount[], { login }: VerifyRequest): string => {
    const [account, another] = accounts
    return namePerson((another ? undefined : account?.key) ?? loginKey(login.normalised))
  }

  const check = async (
    plan: Plan,
    assessment: Assessment,
    person: string,
    { password, deadline, cancellation }: VerifyRequest,
  ): Promise<VerifyResult> => {
    const { signal } = cancellation
    const { outcome, ...check } = await checker.check(plan, password, deadline, signal)
    return { ...decide(assessment, outcome), person, hash: describeHash(assessment), check }
  }

  const findAndCheck = async (store: HashStore, request: VerifyRequest): Promise<VerifyResult> => {
    if (!checker.mayAdmit(request.deadline)) throw refusal('overloaded')
    const accounts = await lookUp(store, clock, request)
    const assessment = assess(accounts, request.password, inspect)
    const person = personOf(accounts, request)
    const { hash } = assessment
    const { normalised } = request.login
    if (!hash) return check(dummyHashes.planFor(normalised), assessment, person, request)
    dummyHashes.observe(person, hash)
    const checkFor = (assessed: Assessment) => check(hash, assessed, person, request)
    return guessLimiter.run(
      personSubject(person),
      () => checkFor(assessment),
      // The check runs all the same: an account under attack must look like an unknown login, in time too.
      () => checkFor({ hash, denyReason: TOO_MANY_ACCOUNT_GUESSES }),
    )
  }

  const verifyByStore = createVerifyByStore(deps)

  const countAndCheck = (store: HashStore, request: VerifyRequest): Promise<VerifyResult> =>
    guessLimiter.run(
      loginSubject(request.account),
      () => findAndCheck(store, request),
      () => Promise.resolve({ ...TOO_MANY_GUESSES, person: personOf([], request) }),
    )

  return (request: VerifyRequest): Promise<VerifyResult> =>
    'find' in legacy ? countAndCheck(legacy, request) : verifyByStore(legacy, request)
}
