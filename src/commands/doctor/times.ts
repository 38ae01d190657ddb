/** Measures on this machine whether checks of the store's hashes end in time. */
import type { Plan } from '../../passwords/family.ts'
import { sampledHashes } from '../../legacy/store.ts'
import { inspect } from '../../passwords/registry.ts'
import { describeKind } from '../../passwords/tally.ts'
import { measureSpeed } from '../../workers/speed.ts'
import { costInTime } from '../serve/cost-limit.ts'
import type { LocalDeps } from './local-deps.ts'
import type { Found } from './table.ts'

/** The most frequent ones are most of a store; each takes some checks to measure. */
const MAX_KINDS = 6

interface Counted {
  readonly plan: Plan
  count: number
}

/** The kinds of the sampled hashes that can be checked, the most frequent first. */
const kindsIn = async ({ settings, store }: LocalDeps): Promise<Counted[]> => {
  const opened = await store().catch(() => undefined)
  const kinds = new Map<string, Counted>()
  for (const encoded of opened ? sampledHashes(opened.store) : []) {
    const found = inspect(encoded, settings().hashes)
    if ('flaw' in found) continue
    const name = describeKind(found.kind)
    const counted = kinds.get(name) ?? { plan: found, count: 0 }
    counted.count += 1
    kinds.set(name, counted)
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count).slice(0, MAX_KINDS)
}

const NO_HASH: Found = {
  level: 'unknown',
  text: 'No account was sampled whose hash could be measured.',
}

const NOTHING_TO_COMPUTE: Found = {
  level: 'ok',
  text: 'The legacy login has no hashes: nothing is computed here.',
}

/**
 * Measures what the sample has. Without one, only a BCRYPT_MAX_COST that is set is tried, as a start does.
 * @throws AppError `config_invalid` for a BCRYPT_MAX_COST whose check cannot end before the deadline
 */
export const checkTimes = async (deps: LocalDeps): Promise<readonly Found[]> => {
  const { settings, pool, clock } = deps
  const { legacy, deadlineMs, maxBcryptCost } = settings()
  if (legacy.kind === 'login') return [NOTHING_TO_COMPUTE]
  const kinds = await kindsIn(deps)
  if (kinds.length === 0 && maxBcryptCost === undefined) return [NO_HASH]
  const checker = await pool()
  const log = { warn: () => undefined }
  if (maxBcryptCost !== undefined) await costInTime(settings(), checker, clock, log)
  const found: Found[] = []
  for (const { plan, count } of kinds) {
    const { cost } = plan.kind
    const speed = await measureSpeed({ plan, checker, clock }, (soFar) =>
      soFar.isWithin(deadlineMs, cost),
    )
    const took = `A check of ${describeKind(plan.kind)} takes ${Math.round(speed.at(cost))} ms here`
    found.push(
      speed.isWithin(deadlineMs, cost)
        ? { level: 'ok', text: `${took}; the deadline is ${deadlineMs} ms.` }
        : {
            level: 'failed',
            exit: 0,
            text: `${took}, and HOOK_DEADLINE_MS is ${deadlineMs}: ${count} of the sampled accounts are answered with 503.`,
          },
    )
  }
  return found.length > 0 ? found : [NO_HASH]
}
