/** The way from a call to its decision: guard, lookup, check, decide. */
import { within, type Clock } from '../clock.ts'
import { AppError, refusal } from '../errors/errors.ts'
import { loginKey, type LegacyAccount, type LegacyStore } from '../legacy/store.ts'
import type { TypedLogin } from '../login.ts'
import type { Bounds } from '../passwords/family.ts'
import { familyName, inspect } from '../passwords/registry.ts'
import type { PasswordChecker } from '../workers/pool.ts'
import {
  assess,
  decide,
  TOO_MANY_ACCOUNT_GUESSES,
  TOO_MANY_GUESSES,
  type Decision,
  type Assessment,
} from './decision.ts'
import type { DummyHashes } from './dummy-hashes.ts'
import type { Abandonment } from './single-flight.ts'
import { loginSubject, personSubject, type GuessLimiter } from './guess-limit.ts'
import type { CallFields } from './call-log.ts'

export interface VerifyCallDeps {
  readonly bounds: Bounds
  readonly legacy: LegacyStore
  readonly checker: PasswordChecker
  readonly guard: GuessLimiter
  readonly decoy: DummyHashes
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
  /** Aborted when nobody waits for the answer any more. */
  readonly abandonment: Abandonment
  /** Told of the check. */
  readonly facts: CallFields
}

/** A decision, and what the ledger is told of how it came about. */
export interface Verdict extends Decision {
  /** The account that was found, else the login, as it may be written down. */
  readonly person: string
  /** Of the account's own hash, where it has a sound one. */
  readonly hash?: { readonly family: string; readonly cost: number } | undefined
  /** Milliseconds that the check waited, and that it took, where there was one. */
  readonly waitMs?: number
  readonly runMs?: number
}

/** Notes what a lookup took, be it one that fails. */
const timed = <T>(clock: Clock, facts: CallFields, lookUp: () => Promise<T>): Promise<T> => {
  const began = clock.now()
  return lookUp().finally(() => {
    facts.lookupMs = clock.now() - began
  })
}

const late = (): AppError => new AppError('deadline_exceeded')

/** What the ledger is told of the account's own hash. */
const describeHash = ({ hash }: Assessment): Verdict['hash'] =>
  hash && { family: familyName(hash.encoded), cost: hash.cost }

export const createVerifyCall = (deps: VerifyCallDeps) => {
  const { bounds, legacy, checker, guard, decoy, namePerson, clock } = deps

  const find = async ({
    login,
    deadline,
    facts,
  }: VerifyRequest): Promise<readonly LegacyAccount[]> => {
    const accounts = await timed(clock, facts, () =>
      within(clock, deadline, legacy.find(login.normalised, login.typed, deadline), late),
    )
    // Looked up all the same: it costs what an unknown login costs.
    return login.isTooLong ? [] : accounts
  }

  const personOf = (accounts: readonly LegacyAccount[], { login }: VerifyRequest): string => {
    const [account, another] = accounts
    return namePerson((another ? undefined : account?.key) ?? loginKey(login.normalised))
  }

  const check = async (
    encoded: string,
    standing: Assessment,
    person: string,
    { password, deadline, abandonment, facts }: VerifyRequest,
  ): Promise<Verdict> => {
    const { outcome, waitMs, runMs, lanes } = await checker.check(
      encoded,
      password,
      deadline,
      abandonment.signal,
    )
    Object.assign(facts, { waitMs, runMs, lanes } satisfies CallFields)
    return { ...decide(standing, outcome), person, hash: describeHash(standing), waitMs, runMs }
  }

  const decideFor = async (question: VerifyRequest): Promise<Verdict> => {
    if (!checker.mayAdmit(question.deadline)) throw refusal('overloaded')
    const accounts = await find(question)
    const standing = assess(accounts, question.password, (hash) => inspect(hash, bounds))
    const person = personOf(accounts, question)
    const { hash } = standing
    if (!hash) return check(decoy.encodedFor(question.login.normalised), standing, person, question)
    decoy.saw(person, hash.cost)
    const checkWith = (held: Assessment) => check(hash.encoded, held, person, question)
    return guard.run(
      personSubject(person),
      () => checkWith(standing),
      // An account under attack must not answer sooner than a login that nobody has, nor otherwise.
      () => checkWith({ hash, bar: TOO_MANY_ACCOUNT_GUESSES }),
    )
  }

  return (question: VerifyRequest): Promise<Verdict> =>
    guard.run(
      loginSubject(question.account),
      () => decideFor(question),
      () => Promise.resolve({ ...TOO_MANY_GUESSES, person: personOf([], question) }),
    )
}
