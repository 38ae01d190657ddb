/** A legacy store as the server opens one, with limits that no test reaches. */
import { systemClock } from '../../src/clock.ts'
import { openLegacyStore } from '../../src/legacy/open.ts'
import type { HashStore, StoreOptions } from '../../src/legacy/store.ts'

/** Far beyond what any lookup takes here. */
const AMPLE_MS = 20_000

const DEFAULTS: StoreOptions = {
  sql: undefined,
  auditSql: undefined,
  unchecked: false,
  ignored: [],
  poolSize: 4,
  lookupMs: AMPLE_MS,
  ca: undefined,
  clock: systemClock,
}

export const openLegacy = (url: string, more: Partial<StoreOptions> = {}): Promise<HashStore> =>
  openLegacyStore(url, { ...DEFAULTS, ...more })

/** But for that of a statement without the flag, which many tests leave out. */
export const warningsOf = ({ findings }: HashStore): string[] =>
  findings
    .filter(({ level, topic }) => level === 'warning' && topic !== 'flags')
    .map(({ text }) => text)
