/** Tries the lookup with real logins, as the hook would: whether it finds the very account that the audit has read. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import type { HashStore, LegacyAccount } from '../legacy/store.ts'
import type { TypedLogin } from '../login.ts'

export interface Probe {
  readonly key: string
  readonly digest: string
  readonly login: TypedLogin
  readonly hash: string
  /** Whether its flag was read, and not only assumed. */
  readonly hasFlag: boolean
}

export const LOOKUP_FLAWS = {
  nothing: 'it finds nothing',
  another: 'it finds a row with another hash',
  several: 'it finds several rows',
  disabled: 'it finds a row that is not enabled',
  failed: 'it fails, or takes too long',
} as const

type LookupFlaw = keyof typeof LOOKUP_FLAWS

export interface WrongLookups {
  readonly flaw: LookupFlaw
  readonly count: number
  readonly keys: readonly string[]
}

export interface LookupTest {
  readonly tried: number
  readonly wrong: readonly WrongLookups[]
  readonly medianMs: number
  readonly slowestMs: number
}

const flawOf = (
  [account, another]: readonly LegacyAccount[],
  { hash, hasFlag }: Probe,
): LookupFlaw | undefined => {
  if (!account) return 'nothing'
  if (another) return 'several'
  if (account.passwordHash !== hash) return 'another'
  return hasFlag && account.enabled !== true ? 'disabled' : undefined
}

/** Lookups that fail in a row mean that the store is away. */
const MAX_FAILURES = 5

const KEYS = 3

export const testLookups = async (
  store: Pick<HashStore, 'find'>,
  probes: readonly Probe[],
  clock: Clock,
  { count, isStopped }: { count: (tried: number) => void; isStopped: () => boolean },
): Promise<LookupTest> => {
  const times: number[] = []
  const wrong = new Map<LookupFlaw, string[]>()
  let failures = 0
  const find = async (probe: Probe): Promise<LookupFlaw | undefined> => {
    try {
      const found = await store.find(probe.login.normalised, probe.login.typed)
      failures = 0
      return flawOf(found, probe)
    } catch (err) {
      failures++
      if (!(err instanceof AppError) || failures === MAX_FAILURES) throw err
      return 'failed'
    }
  }
  for (const probe of probes) {
    const startedAt = clock.now()
    const flaw = await find(probe)
    times.push(clock.now() - startedAt)
    if (flaw) wrong.set(flaw, [...(wrong.get(flaw) ?? []), probe.key])
    count(times.length)
    if (isStopped()) break
  }
  times.sort((a, b) => a - b)
  return {
    tried: times.length,
    wrong: [...wrong].map(([flaw, keys]) => ({
      flaw,
      count: keys.length,
      keys: keys.slice(0, KEYS),
    })),
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    slowestMs: times.at(-1) ?? 0,
  }
}
