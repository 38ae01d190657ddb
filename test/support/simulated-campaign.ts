/** A campaign of simulated people for the commands that count it: each comes at a rate of their own. */
import { decided, makeLedger, makeLegacyStore, oktaOf, type LegacyPerson } from './campaign.ts'
import { startOkta } from './okta-server.ts'
import { tempDir } from './temp.ts'

const DAY_MS = 86_400_000
export const GO_LIVE = Date.UTC(2026, 9, 5)
export const TODAY = 53.5
const MANY = 4_000

/** The same people in each run (a linear congruence, Numerical Recipes). */
const createRandom = () => {
  let seed = 42
  return () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** Days before and after go-live. */
export interface SimulatedPerson {
  readonly seenBefore: number
  readonly movedOn: number | undefined
}

export const simulateCampaign = (): SimulatedPerson[] => {
  const random = createRandom()
  return Array.from({ length: MANY }, () => {
    const mean = 5 + 200 * random()
    const wait = -Math.log(1 - random()) * mean
    const seenBefore = Math.floor(-Math.log(1 - random()) * mean)
    return { seenBefore, movedOn: wait < TODAY ? wait : undefined }
  })
}

export const isoAfter = (days: number): string => new Date(GO_LIVE + days * DAY_MS).toISOString()

/** @param more what the legacy store has of each person beside that */
export const makeSimulatedCampaign = async (
  people: readonly SimulatedPerson[],
  more: (id: number) => Partial<LegacyPerson> = () => ({}),
) => {
  const dir = tempDir()
  const users = people.map(({ movedOn }, id) => ({
    ...{ id: `00u${id}`, status: 'ACTIVE', created: isoAfter(-1) },
    profile: { login: `p${id}@example.com` },
    credentials: { provider: { type: movedOn === undefined ? 'IMPORT' : 'OKTA' } },
  }))
  const okta = await startOkta(({ path }) => ({ body: path.includes('filter') ? [] : users }))
  const store = makeLegacyStore(
    dir,
    people.map(({ seenBefore }, id) => ({
      ...{ id, login: `p${id}@example.com`, seen: isoAfter(-seenBefore), ...more(id) },
    })),
  )
  const entries = people.flatMap(({ movedOn }, id) =>
    movedOn === undefined
      ? []
      : [decided(`id ${id}`, 'VERIFIED', { decidedAt: isoAfter(movedOn) })],
  )
  let ledger = {}
  for (let at = 0; at < entries.length; at += 1_000) {
    ledger = await makeLedger(dir, entries.slice(at, at + 1_000))
  }
  return { dir, env: { ...store, ...ledger, ...oktaOf(okta) } }
}
