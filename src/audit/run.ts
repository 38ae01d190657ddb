/** Runs an audit: reads all accounts, tries the lookup, checks the canaries, measures, and writes the lists. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import type { Prepare } from '../import/rows/prepare.ts'
import { createReasons } from '../import/report/reasons.ts'
import { asInputError, type Source } from '../import/sources/source.ts'
import type { HashStore } from '../legacy/store.ts'
import { inspect, type HashSettings } from '../passwords/registry.ts'
import { WorkerPool } from '../workers/pool.ts'
import { checkCanary, type Canary, type CanaryResult } from './canaries.ts'
import type { AccountColumns } from './accounts/columns.ts'
import type { NewFile } from './accounts/files.ts'
import { firstUncounted, sizeFirstDay } from './first-day.ts'
import { writeLists, type Listed, type Lists } from './accounts/lists.ts'
import { testLookups } from './lookups.ts'
import { measureRates, type KindRate } from './rates.ts'
import { readAccounts, readNotes, type AccountsRead } from './accounts/read-accounts.ts'
import { areReadable, toDeadline, type AuditResult } from './result.ts'
import { createJudge } from './accounts/verdict.ts'

export interface RunAuditDeps {
  readonly source: Source
  readonly columns: AccountColumns
  readonly prepare: Prepare | undefined
  /** For the lookup and the canaries. */
  readonly store: HashStore | undefined
  /** Whether the accounts come from a file, which may be older than the store: then the lookup is not tried. */
  readonly isFile: boolean
  readonly canaries: readonly Canary[]
  readonly notes: NewFile
  readonly lists: Lists
  readonly hashes: HashSettings
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
}

export interface RunAuditOptions {
  readonly from: string
  readonly deadlineMs: number
  readonly sample: number
  readonly peakShare: number
  readonly cores: number
  readonly goLive: number | undefined
}

/** More than the lanes of any core. */
const QUEUE_LIMIT = 100

export const PHASES = {
  reading: 'accounts read',
  lookups: 'logins looked up',
  measuring: 'measuring the speed of checks',
  writing: 'accounts written to the lists',
} as const

export interface AuditProgress {
  phase: keyof typeof PHASES
  done: number
  total: number | undefined
}

/** Failures of the store, which was fine when the audit began. */
const OF_THE_STORE = ['legacy_unavailable', 'legacy_unusable', 'input_unusable']

const unfinished = (err: unknown): AppError => {
  const cause = asInputError(err)
  if (!OF_THE_STORE.includes(cause.code)) return cause
  return new AppError('audit_unfinished', { detail: cause.detail ?? cause.message, cause })
}

const refuseBadDates = ({ lastLogins }: AccountsRead, { lastLogin = '' }: AccountColumns): void => {
  if (areReadable(lastLogins)) return
  const { bad, given, firstBad = '' } = lastLogins
  const detail = `${bad} of ${given} values of ${lastLogin} are no dates; the first is that of account ${firstBad}.`
  throw new AppError('last_logins_unreadable', { detail })
}

const inspectWith =
  ({ hashes }: RunAuditDeps) =>
  (encoded: string) =>
    inspect(encoded, hashes)

const checkAll = async (deps: RunAuditDeps, checker: WorkerPool): Promise<CanaryResult[]> => {
  const { store, canaries, clock } = deps
  const results: CanaryResult[] = []
  if (!store) return results
  for (const canary of canaries) {
    const parts = { store, checker, inspect: inspectWith(deps), clock }
    results.push(await checkCanary(canary, parts))
  }
  return results
}

/** In one thread, so that the rates are those of a core. */
const measure = async (
  deps: RunAuditDeps,
  { kinds }: AccountsRead,
  { verifiable }: Listed,
): Promise<Pick<AuditResult, 'canaries' | 'rates'>> => {
  const { clock } = deps
  const pool = await WorkerPool.start({ size: 1, queueLimit: QUEUE_LIMIT, clock })
  try {
    const counted = kinds.flatMap((kind) => {
      const count = verifiable.get(kind.what)
      return count === undefined ? [] : [{ ...kind, count }]
    })
    const canaries = await checkAll(deps, pool)
    return { canaries, rates: await measureRates(counted, { pool, clock }) }
  } finally {
    await pool.close()
  }
}

const size = (
  { lastLogins }: AccountsRead,
  rates: readonly KindRate[],
  { peakShare, cores, goLive, epochMs }: RunAuditOptions & { readonly epochMs: number },
) => sizeFirstDay(lastLogins, firstUncounted(epochMs, goLive), { rates, peakShare, cores })

interface Control {
  readonly isStopped: () => boolean
  readonly enter: (phase: AuditProgress['phase'], total?: number) => void
  readonly count: (done: number) => void
}

/** @returns undefined if it was stopped */
const run = async (
  deps: RunAuditDeps,
  options: RunAuditOptions,
  { isStopped, enter, count }: Control,
): Promise<AuditResult | undefined> => {
  const { source, columns, clock, notes, prepare, random } = deps
  const store = deps.isFile ? undefined : deps.store
  const startedAt = clock.now()
  const reasons = createReasons()
  const accounts = await readAccounts({
    ...{ rows: source.rows, notes, reasons, random, isStopped, onRow: count },
    judge: createJudge({ columns, hashes: deps.hashes, prepare }),
    sampleSize: store ? options.sample : 0,
    hasFlag: source.columns.includes(columns.enabled),
  })
  const seconds = (clock.now() - startedAt) / 1000
  if (isStopped()) return undefined
  if (accounts.count === 0) throw new AppError('accounts_missing')
  refuseBadDates(accounts, columns)
  enter('writing', accounts.count)
  const listed = await writeLists(readNotes(notes.lines(), accounts), deps.lists, count)
  enter('lookups', accounts.probes.length)
  const lookup = store && (await testLookups(store, accounts.probes, clock, { count, isStopped }))
  if (isStopped()) return undefined
  enter('measuring')
  const { canaries, rates } = await measure(deps, accounts, listed)
  return {
    ...{ ...listed, seconds, rates, lookup, canaries, from: options.from, isFile: deps.isFile },
    hasHashes: columns.hash !== undefined,
    profile: prepare && reasons.list(),
    repeatedLogins: accounts.repeated.count,
    deadline: toDeadline(options.deadlineMs, rates, lookup),
    lastLogins: accounts.lastLogins,
    firstDay: size(accounts, rates, { ...options, epochMs: clock.epochMs() }),
  }
}

export const createAudit = (deps: RunAuditDeps, options: RunAuditOptions) => {
  const { source } = deps
  const progress: AuditProgress = { phase: 'reading', done: 0, total: source.total }
  let isStopped = false
  const control: Control = {
    isStopped: () => isStopped,
    enter: (phase, total) => void Object.assign(progress, { phase, total, done: 0 }),
    count: (done) => void (progress.done = done),
  }
  return {
    progress,
    start: (): Promise<AuditResult | undefined> =>
      run(deps, options, control).catch((err: unknown) => {
        throw unfinished(err)
      }),
    stop: (): void => {
      isStopped = true
    },
  }
}
