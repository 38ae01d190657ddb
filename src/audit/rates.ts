/** Measures how long checks of each kind take on this machine, alone and many at a time. */
import type { Clock } from '../clock.ts'
import type { Plan } from '../passwords/family.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { measureSpeed } from '../workers/speed.ts'

export interface SeenKind {
  /** In words, see `describeKind`. */
  readonly what: string
  readonly family: string
  readonly cost: number
  /** One that belongs to no hash. */
  readonly plan: Plan
}

export interface CountedKind extends SeenKind {
  readonly count: number
}

export interface KindRate extends Omit<CountedKind, 'plan'> {
  /** Milliseconds of a check that runs alone. */
  readonly msAlone: number
  /** Checks a second and core, as many at a time as one thread computes together. */
  readonly perCoreSecond: number
}

/** Milliseconds of the whole self-test, after which no more is measured than what cannot be derived. */
const BUDGET_MS = 2_000

/** Milliseconds; far beyond any check. */
const DEADLINE_MS = 60_000

export interface RateDeps {
  readonly pool: WorkerPool
  readonly clock: Clock
}

/** One check runs at once, and those that come meanwhile run together. */
const measureTogether = async (plan: Plan, { pool, clock }: RateDeps): Promise<number> => {
  const lanes = pool.cores.find(({ computes }) => computes === plan.kind.name)?.lanes ?? 1
  const deadline = clock.now() + DEADLINE_MS
  const checks = Array.from({ length: 1 + lanes }, () => pool.check(plan, 'a trial', deadline))
  const all = await Promise.all(checks)
  return Math.max(...all.map((checked) => (checked.lanes * 1000) / checked.runMs))
}

const measure = async (
  { plan, ...kind }: CountedKind,
  deps: RateDeps,
  budgetMs: number,
): Promise<KindRate> => {
  const { pool, clock } = deps
  const until = clock.now() + budgetMs
  const speed = await measureSpeed(
    { plan, checker: pool, clock },
    (soFar) => Number.isFinite(soFar.at(plan.kind.cost)) && clock.now() >= until,
  )
  const msAlone = speed.at(plan.kind.cost)
  return { ...kind, msAlone, perCoreSecond: await measureTogether(plan, deps) }
}

/** Each step of the cost doubles the work. */
const derive = ({ what, family, cost, count }: CountedKind, known: KindRate): KindRate => {
  const factor = 2 ** (cost - known.cost)
  const [msAlone, perCoreSecond] = [known.msAlone * factor, known.perCoreSecond / factor]
  return { what, family, cost, count, msAlone, perCoreSecond }
}

/** The most frequent first, in one thread. */
export const measureRates = async (
  kinds: readonly CountedKind[],
  deps: RateDeps,
): Promise<readonly KindRate[]> => {
  const startedAt = deps.clock.now()
  const rates: KindRate[] = []
  for (const kind of [...kinds].sort((a, b) => b.count - a.count)) {
    const known = rates.find(({ family }) => family === kind.family)
    const isOver = deps.clock.now() - startedAt > BUDGET_MS
    const share = BUDGET_MS / 2 / kinds.length
    rates.push(isOver && known ? derive(kind, known) : await measure(kind, deps, share))
  }
  return rates
}
