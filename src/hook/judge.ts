/** Owns the way from a call to its decision: guard, lookup, check, decide. */
import { within, type Clock } from '../clock.ts'
import { AppError, refusal } from '../errors.ts'
import type { LegacyStore } from '../legacy/store.ts'
import { normaliseLogin } from '../login.ts'
import type { Bounds } from '../passwords/family.ts'
import { familyName, inspect } from '../passwords/verify.ts'
import type { PasswordChecker } from '../workers/pool.ts'
import { appraise, decide, type Decision, type Standing } from './decide.ts'
import type { Decoy } from './decoy.ts'
import type { Abandonment } from './flight.ts'
import { loginSubject, type Guard } from './guard.ts'
import type { CallFacts } from './line.ts'

export interface JudgeParts {
  readonly bounds: Bounds
  readonly legacy: LegacyStore
  readonly checker: PasswordChecker
  readonly guard: Guard
  readonly decoy: Decoy
  readonly clock: Clock
}

export interface Question {
  readonly username: string
  /** The login as it may be written down: guesses at it count under this name, here and elsewhere. */
  readonly account: string
  readonly password: string
  /** On the clock's scale. */
  readonly deadline: number
  /** Aborted when nobody waits for the answer any more. */
  readonly abandonment: Abandonment
  /** Told of the check. */
  readonly facts: CallFacts
}

/** A decision, and what the ledger is told of how it came about. */
export interface Verdict extends Decision {
  /** Of the account's own hash, where it has a sound one. */
  readonly hash?: { readonly family: string; readonly cost: number } | undefined
  /** Milliseconds that the check waited, and that it took, where there was one. */
  readonly waitMs?: number
  readonly runMs?: number
}

export const createJudge = ({ bounds, legacy, checker, guard, decoy, clock }: JudgeParts) => {
  const check = async (
    encoded: string,
    standing: Standing,
    { password, deadline, abandonment, facts }: Question,
  ): Promise<Verdict> => {
    const { outcome, waitMs, runMs, lanes } = await checker.check(
      encoded,
      password,
      deadline,
      abandonment.signal,
    )
    Object.assign(facts, { waitMs, runMs, lanes } satisfies CallFacts)
    const { hash: sound } = standing
    const hash = sound && { family: familyName(sound.encoded), cost: sound.cost }
    return { ...decide(standing, outcome), hash, waitMs, runMs }
  }

  return (question: Question): Promise<Verdict> => {
    const { username, account: name, password, deadline } = question
    const login = normaliseLogin(username)
    return guard.run(loginSubject(name), async (): Promise<Verdict> => {
      if (!checker.mayAdmit(deadline)) throw refusal('overloaded')
      const found = legacy.find(login, username, deadline)
      const accounts = await within(clock, deadline, found, () => new AppError('deadline_exceeded'))
      const standing = appraise(accounts, password, (hash) => inspect(hash, bounds))
      const { hash } = standing
      if (!hash) return check(decoy.encodedFor(login), standing, question)
      // The account is guarded too, because a lookup may find it under many spellings of its login.
      const account = `account ${accounts[0]?.id} ${hash.encoded}`
      const decision = await guard.run(account, () => check(hash.encoded, standing, question))
      decoy.saw(hash.cost, decision.credential === 'VERIFIED')
      return decision
    })
  }
}
