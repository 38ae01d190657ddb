/** The engine of a worker thread: a table of cores, each tested, and the one comparison of hashes. */
import { timingSafeEqual } from 'node:crypto'
import { bcryptCore } from './cores/bcrypt.ts'
import { argon2Core } from './cores/argon2.ts'
import { chainCores } from './cores/chain.ts'
import { cryptCores } from './cores/crypt.ts'
import { digestCore } from './cores/digest.ts'
import { pbkdf2Cores } from './cores/pbkdf2.ts'
import { scryptCore } from './cores/scrypt.ts'
import { evaluate } from './expression.ts'
import {
  keyOf,
  type Compare,
  type Core,
  type CoreRow,
  type KeyedCheck,
  type Outcome,
  type PasswordCheck,
  type Plan,
} from './family.ts'
import { charactersIn, encodePassword, type Form } from './password-forms.ts'

export const CORES: readonly CoreRow<Plan>[] = [
  bcryptCore,
  argon2Core,
  scryptCore,
  ...pbkdf2Cores,
  ...chainCores,
  ...cryptCores,
  digestCore,
]

/** A core that passed its self-test, or the fallback for one that did not. */
export interface EngineCore extends Core<Plan> {
  readonly computes: string
  readonly trial: Plan
  /** Why the faster core is not used, if it is not. */
  readonly fallback?: string
}

/** A core that could not be made, or failed the self-test: its kinds cannot be checked here. */
export interface MissingCore {
  readonly computes: string
  readonly why: string
}

/** Thrown for checks of a kind whose core is missing. */
export class CoreMissing extends Error {}

export interface Engine {
  /**
   * The core of the kinds of this name. The first time it takes up to a tenth of a second: the core is made, and
   * tested.
   * @throws TypeError for a name that no row of the table computes
   */
  coreOf(name: string): EngineCore | MissingCore
  /** All of them, made or not. */
  readonly cores: readonly EngineCore[]
  readonly missing: readonly MissingCore[]
  /**
   * Outcomes in the order of the checks, which must all be of one kind. Slow by design: runs in a worker
   * thread.
   * @throws TypeError for checks of different kinds, of a kind without a core, or more than its core has lanes
   * @throws CoreMissing
   * @throws OutOfMemory for all of the checks
   */
  verify(checks: readonly PasswordCheck[]): Outcome[]
}

const compare: Compare = (computed, want) =>
  timingSafeEqual(computed, want) ? 'match' : 'mismatch'

const formsOf = ({ plan: { forms } }: PasswordCheck): readonly Form[] => forms ?? ['utf-8']

/** The bytes to hash. A form that has none for this password hashes nothing, and must match nothing. */
const keyFor = (
  { plan, password }: PasswordCheck,
  form: Form,
): KeyedCheck & { isTyped: boolean } => {
  const encoded = encodePassword(password, form)
  const typed = charactersIn(password, form)
  const values = { password: encoded ?? new Uint8Array(), typed, salt: plan.salt }
  const input = plan.input ? evaluate(plan.input, values) : values.password
  if (input !== values.password) values.password.fill(0)
  return { plan, password: input, isTyped: encoded !== undefined }
}

/** One form of each check that has so many. */
const tryForms = (core: Core<Plan>, checks: readonly PasswordCheck[], turn: number) => {
  const tried = checks.flatMap((check, at) => {
    const form = formsOf(check)[turn]
    return form ? [{ at, ...keyFor(check, form) }] : []
  })
  const outcomes = core.match(tried, compare)
  for (const { password } of tried) password.fill(0)
  return tried.map(({ at, isTyped }, i) => ({ at, outcome: isTyped ? outcomes[i] : 'mismatch' }))
}

/**
 * Computes every form of every password, whatever was typed and whichever form matches, so that all checks of
 * a kind take equally long.
 */
const matchAll = (core: Core<Plan>, checks: readonly PasswordCheck[]): Outcome[] => {
  const outcomes = checks.map((): Outcome => 'mismatch')
  const turns = Math.max(...checks.map((check) => formsOf(check).length))
  for (let turn = 0; turn < turns; turn++) {
    for (const { at, outcome = 'mismatch' } of tryForms(core, checks, turn)) {
      if (outcomes[at] === 'mismatch') outcomes[at] = outcome
    }
  }
  return outcomes
}

type Match = (checks: readonly PasswordCheck[]) => readonly Outcome[]

/**
 * Checks each known answer, and a wrong password, in every lane together with every number of others. This
 * is also what makes V8 optimise the core's functions.
 * @throws Error for any other outcome
 */
export const selfTest = (known: readonly PasswordCheck[], match: Match, lanes: number): void => {
  /** As many as there are lanes, from any known answer on. */
  const circle = Array.from({ length: lanes + 1 }, () => known).flat()
  for (let together = 1; together <= lanes; together++) {
    const demand = (outcome: Outcome, checks: readonly PasswordCheck[]) => {
      if (match(checks).join() !== Array(together).fill(outcome).join()) {
        throw new Error(`The self-test failed with ${together} of ${lanes} lanes.`)
      }
    }
    for (const first of known.keys()) demand('match', circle.slice(first, first + together))
    const wrong = circle.map(({ plan, password }) => ({ plan, password: `.${password}` }))
    demand('mismatch', wrong.slice(0, together))
  }
}

const startCore = ({ computes, trial, known, ...row }: CoreRow<Plan>): EngineCore | MissingCore => {
  try {
    const core = row.create()
    selfTest(known, (checks) => matchAll(core, checks), core.lanes)
    return { ...core, computes, trial }
  } catch (err) {
    const why = String(err)
    if (!row.createFallback) return { computes, why }
    return { ...row.createFallback(), computes, trial, fallback: why }
  }
}

export const createEngine = (rows: readonly CoreRow<Plan>[]): Engine => {
  const made = new Map<string, EngineCore | MissingCore>()
  const coreOf = (name: string): EngineCore | MissingCore => {
    const row = rows.find(({ computes }) => computes === name)
    if (!row) throw new TypeError(`no core computes ${name}`)
    const core = made.get(name) ?? startCore(row)
    made.set(name, core)
    return core
  }
  const all = () => rows.map(({ computes }) => coreOf(computes))
  return {
    coreOf,
    get cores() {
      return all().flatMap((core) => ('why' in core ? [] : [core]))
    },
    get missing() {
      return all().flatMap((core) => ('why' in core ? [core] : []))
    },
    verify(checks) {
      const [first] = checks
      if (!first) return []
      const { kind } = first.plan
      if (checks.some(({ plan }) => keyOf(plan.kind) !== keyOf(kind))) {
        throw new TypeError('checks of different kinds')
      }
      const core = coreOf(kind.name)
      if ('why' in core) throw new CoreMissing(core.why)
      if (checks.length > core.lanes) {
        throw new TypeError(`${checks.length} checks for ${core.lanes} lanes`)
      }
      return matchAll(core, checks)
    },
  }
}
