/** Makes the state of a campaign anew: from the ledger, the legacy store, the users of the org, and journals. */
import { setImmediate } from 'node:timers/promises'
import { areReadable } from '../../audit/result.ts'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { asInputError } from '../../import/sources/source.ts'
import { codeOf } from '../../sql/failures.ts'
import type { Kept } from '../state/kept.ts'
import type { StateOrigin } from '../state/origin.ts'
import type { Parts } from '../state/parts.ts'
import type { CampaignState } from '../state/state-file.ts'
import { loadAccounts, type AccountsDeps, type AccountsLoaded } from './accounts.ts'
import { loadDecisions, type DecisionsLoaded, type LoadedDecision } from './decisions.ts'
import { loadUsers, type UsersDeps, type UsersLoaded } from './users.ts'

export interface LoadingDeps {
  /** See `StateOrigin`. */
  readonly org: string
  readonly accountsKey: string
  /** Of the state before, if there is one. */
  readonly before: StateOrigin | undefined
  /** Undefined where there is no ledger. */
  readonly decisions: (() => AsyncIterable<LoadedDecision>) | undefined
  /** Undefined where no accounts can be read. */
  readonly accounts: AccountsDeps | undefined
  readonly users: Omit<UsersDeps, 'areAccounts'>
  /** Ids in Okta of those who were imported with their hash. */
  readonly natives: Iterable<string>
  readonly clock: Clock
}

export interface LoadedState {
  readonly decisions: DecisionsLoaded | undefined
  readonly accounts: AccountsLoaded | undefined
  readonly users: UsersLoaded
  readonly natives: number
  /** Of the calls to Okta. */
  readonly oktaSeconds: number
  /** When all accounts and users were read, in milliseconds since 1970. */
  readonly readAt: number
  /** What was read of Okta where only changes were. */
  readonly quick?: QuickRead
}

export interface QuickRead {
  /** Pages and events of the System Log, and users who were read one by one. */
  readonly pages: number
  readonly events: number
  readonly users: number
}

/** How a loading tells where it is. */
export interface LoadingTurns {
  readonly enter: (phase: LoadingProgress['phase']) => void
  readonly onRow: () => Promise<void>
}

export type Load = (parts: Parts, kept: Kept, turns: LoadingTurns) => Promise<LoadedState>

export const LOADING_PHASES = {
  decisions: 'decisions read from the ledger',
  accounts: 'accounts read from the legacy store',
  users: 'users read from Okta',
  events: 'events read from the System Log',
  changed: 'changed users read from Okta',
  assembling: 'putting the people together',
} as const

export interface LoadingProgress {
  phase: keyof typeof LOADING_PHASES
  done: number
}

/** A source that does not wait leaves signals and the progress no turn. */
const ROWS_PER_TURN = 2_000

/** Fewer could all be people whom the store has lost since. */
const ENOUGH_VERIFIED = 10

/** They say what is wrong with all that was read, and stay what they are. */
const OWN_ANSWERS: readonly string[] = [
  'last_logins_unreadable',
  'ledger_foreign',
  'output_unwritable',
]

class Stopped extends Error {}

const refuseBadDates = ({ accounts }: LoadedState): void => {
  if (!accounts) return
  for (const times of [accounts.lastLogins, accounts.changes]) {
    if (areReadable(times)) continue
    const { bad, given, firstBad = '' } = times
    const detail = `${bad} of ${given} values are no dates; the first is that of account ${firstBad}.`
    throw new AppError('last_logins_unreadable', { detail })
  }
}

const refuseForeignLedger = ({ accounts }: LoadedState, verifiedNames: number): void => {
  if (!accounts || verifiedNames < ENOUGH_VERIFIED || accounts.verified > 0) return
  const detail = `None of the ${verifiedNames} people with a VERIFIED in the ledger is in the legacy store.`
  throw new AppError('ledger_foreign', { detail })
}

const asLoadingError = (err: unknown): unknown => {
  if (err instanceof AppError || !(err instanceof Error)) return err
  // Only the state is written by SQLite here.
  if (codeOf(err).startsWith('SQLITE_')) {
    return new AppError('output_unwritable', { detail: `--state: ${codeOf(err)}`, cause: err })
  }
  return 'syscall' in err ? asInputError(err) : err
}

/** What has begun well and then failed is no fault of the configuration, which the other codes stand for. */
const unfinished = (err: unknown, hasBegun: boolean): unknown => {
  const cause = asLoadingError(err)
  if (!hasBegun || !(cause instanceof AppError)) return cause
  if (OWN_ANSWERS.includes(cause.code)) return cause
  const detail = [cause.message, cause.detail].filter(Boolean).join(' ')
  return new AppError('campaign_unfinished', { detail, cause })
}

export const addNatives = (ids: Iterable<string>, parts: Parts): number => {
  let count = 0
  for (const id of ids) {
    parts.addNative(id)
    count++
  }
  return count
}

/**
 * Events are kept by the time at which Okta stored them, and this machine's clock may be behind or ahead of Okta's: what
 * is read twice changes nothing.
 */
const CLOCK_SKEW_MS = 3_600_000

const keptOf = ({ count, withoutLogin, unreadable, hasHashes }: AccountsLoaded) => ({
  ...{ count, withoutLogin, unreadable, hasHashes },
})

/** Everything, anew. */
export const loadAll =
  ({ org, accountsKey, before, decisions, accounts, users, natives, clock }: LoadingDeps): Load =>
  async (parts, kept, { enter, onRow }) => {
    enter('decisions')
    if (before?.org === org) kept.takeMoves()
    // First: who is VERIFIED by now has told Okta before its list is read.
    const decided = decisions && (await loadDecisions(decisions(), parts, onRow))
    enter('accounts')
    const read = accounts && (await loadAccounts(accounts, parts, onRow))
    enter('users')
    const [startedAt, readAt] = [clock.now(), clock.epochMs()]
    const listed = await loadUsers({ ...users, areAccounts: !accounts }, parts, onRow)
    const oktaSeconds = (clock.now() - startedAt) / 1000
    const count = addNatives(natives, parts)
    enter('assembling')
    kept.setOrigin({
      ...{ org, accountsKey, readAt, sameLogin: listed.sameLogin },
      accounts: read && keptOf(read),
      log: { at: readAt, from: { since: readAt - CLOCK_SKEW_MS }, eventTypes: [] },
    })
    return {
      decisions: decided,
      accounts: read,
      users: listed,
      natives: count,
      oktaSeconds,
      readAt,
    }
  }

export const createLoading = (state: CampaignState, load: Load) => {
  const progress: LoadingProgress = { phase: 'decisions', done: 0 }
  let isStopped = false
  let hasBegun = false
  const onRow = async (): Promise<void> => {
    hasBegun = true
    progress.done++
    if (progress.done % ROWS_PER_TURN === 0) await setImmediate()
    if (isStopped) throw new Stopped()
  }
  const enter = (phase: LoadingProgress['phase']): void =>
    void Object.assign(progress, { phase, done: 0 })
  const loadChecked = async (parts: Parts, kept: Kept): Promise<LoadedState> => {
    const loaded = await load(parts, kept, { enter, onRow })
    refuseBadDates(loaded)
    refuseForeignLedger(loaded, parts.verifiedNames())
    await setImmediate()
    if (isStopped) throw new Stopped()
    return loaded
  }
  return {
    progress,
    /** @returns undefined if it was stopped */
    start: async (): Promise<LoadedState | undefined> => {
      try {
        return await state.replace(loadChecked)
      } catch (err) {
        if (err instanceof Stopped) return undefined
        throw unfinished(err, hasBegun)
      }
    },
    stop: (): void => {
      isStopped = true
    },
  }
}
