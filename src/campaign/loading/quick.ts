/** Brings the people up to date: with the System Log since the run before, and with the ledger, which is read whole. */
import { createLastLogins } from '../../audit/last-logins.ts'
import { DAY_MS, type Clock } from '../../clock.ts'
import { normaliseLogin } from '../../login.ts'
import { userOf, type EventPage, type LogStart, type OktaEvent } from '../../okta/api/system-log.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import { OktaRejection } from '../../okta/errors/rejection.ts'
import type { Kept } from '../state/kept.ts'
import type { StateOrigin } from '../state/origin.ts'
import type { Parts } from '../state/parts.ts'
import type { AccountsLoaded, NamesOf } from './accounts.ts'
import { loadDecisions, type LoadedDecision } from './decisions.ts'
import { addNatives, type Load, type LoadingTurns, type QuickRead } from './load.ts'
import { toOktaPart, userAsAccount } from './users.ts'

export interface QuickDeps {
  readonly before: StateOrigin
  readonly decisions: (() => AsyncIterable<LoadedDecision>) | undefined
  readonly namesOf: NamesOf | undefined
  /** Follows the log to its present end. */
  readonly follow: (
    eventTypes: readonly string[],
    from: LogStart,
  ) => AsyncIterable<EventPage & { readonly next: string }>
  /** Undefined where there is none any more. */
  readonly getUser: (oktaId: string) => Promise<OktaUser | undefined>
  readonly natives: Iterable<string>
  /** Whether there may be any. */
  readonly areNatives: boolean
  readonly clock: Clock
}

/** The state cannot be brought up to date by events; the message says why, after "because". */
export class MustReadAll extends Error {}

/** The one event that is applied as it is: Okta has stored the password that the hook verified. */
const MOVED = 'user.import.password'

/** For those who were imported with their hash, of whom it counts whether they have signed in. */
const SIGNED_IN = 'user.session.start'

/**
 * After these, a person can count in another state, and the user is read again: what an event leaves of the provider and
 * of the status is documented for few of them, and events can come late and out of order. Lockouts change no count.
 */
const CHANGED = [
  'user.account.reset_password',
  'user.account.update_password',
  'user.account.update_profile',
  'user.lifecycle.activate',
  'user.lifecycle.create',
  'user.lifecycle.deactivate',
  'user.lifecycle.delete.completed',
  'user.lifecycle.reactivate',
  'user.lifecycle.suspend',
  'user.lifecycle.unsuspend',
] as const

/** Okta keeps events for 90 days ("System Log query"). */
const MOST_DAYS = 89

/** Beyond these parts of all users, the list is quicker: it has 200 users a page, and more calls a minute than the log. */
const MOST_EVENTS = { part: 0.5, atLeast: 2_000 }
const MOST_CHANGED = { part: 0.01, atLeast: 100 }

const mostOf = ({ part, atLeast }: typeof MOST_EVENTS, all: number): number =>
  Math.max(atLeast, Math.floor(all * part))

const refuseOld = ({ log: { at } }: StateOrigin, now: number): void => {
  const days = Math.floor((now - at) / DAY_MS)
  if (now < at) throw new MustReadAll('the last run has a later time than this one')
  if (days < MOST_DAYS) return
  throw new MustReadAll(`the last run was ${days} days ago, and Okta keeps events for 90 days`)
}

/** The person who signs in can be the actor alone. */
const whoOf = (event: OktaEvent): string | undefined =>
  userOf(event) ??
  (event.eventType === SIGNED_IN && event.actor?.type === 'User' ? event.actor.id : undefined)

/**
 * Whether the event alone says what the user is now. One from before the last run says nothing of what a tool has done
 * between the two, which that run knew: events can be stored late, and those of the last hour are read twice.
 */
const saysAll = (
  { eventType, published }: OktaEvent,
  id: string,
  kept: Kept,
  { log }: StateOrigin,
): boolean => eventType === MOVED && (published >= log.at ? kept.isKnown(id) : kept.hasMoved(id))

const apply = (event: OktaEvent, kept: Kept, before: StateOrigin): void => {
  const { eventType, published } = event
  const id = whoOf(event)
  if (id === undefined) throw new MustReadAll(`an event ${eventType} names no user`)
  if (eventType === SIGNED_IN) kept.setSeen(id, published)
  else if (!saysAll(event, id, kept, before)) kept.setChanged(id)
  if (eventType === MOVED) kept.setMoved(id, published)
}

const asRefusal = (err: unknown): unknown =>
  err instanceof OktaRejection
    ? new MustReadAll(`Okta does not accept the place in the System Log: ${err.words}`)
    : err

interface Followed extends Pick<QuickRead, 'pages' | 'events'> {
  readonly next: string
}

const followEvents = async (
  { before, follow, areNatives }: QuickDeps,
  kept: Kept,
  { onRow }: LoadingTurns,
): Promise<Followed & { readonly eventTypes: string[] }> => {
  const eventTypes = [MOVED, ...CHANGED, ...(areNatives ? [SIGNED_IN] : [])]
  const { from, eventTypes: asked } = before.log
  if ('next' in from && asked.join() !== eventTypes.join()) {
    throw new MustReadAll('the last run asked for other events')
  }
  const users = kept.countUsers()
  let [pages, events, next] = [0, 0, '']
  for await (const page of follow(eventTypes, from)) {
    if (page.malformed > 0) throw new MustReadAll('an event cannot be read')
    pages++
    next = page.next
    for (const event of page.events) {
      apply(event, kept, before)
      events++
      await onRow()
    }
    const isTooMuch =
      events > mostOf(MOST_EVENTS, users) || kept.countChanged() > mostOf(MOST_CHANGED, users)
    if (isTooMuch) throw new MustReadAll('so much has changed that the list of users is quicker')
  }
  return { pages, events, next, eventTypes }
}

/** Who is left out would have to take the place of the other one, once that one goes. */
const refuseSameLogin = (): never => {
  throw new MustReadAll('two users have one login, but for case and accents')
}

const readChanged = async (
  { getUser }: QuickDeps,
  parts: Parts,
  kept: Kept,
  { onRow }: LoadingTurns,
): Promise<void> => {
  kept.forgetChanged()
  for (const id of kept.changed()) {
    const user = await getUser(id)
    if (user && !parts.addUser(toOktaPart(user))) refuseSameLogin()
    await onRow()
  }
}

const NO_TIMES = createLastLogins().read()

/** What the ledger says of them can be new. */
const decideKept = async (
  { before: { accounts }, namesOf }: QuickDeps,
  parts: Parts,
  kept: Kept,
  { onRow }: LoadingTurns,
): Promise<AccountsLoaded | undefined> => {
  if (!accounts) {
    for (const user of kept.users()) {
      parts.addAccount(userAsAccount(user, parts, namesOf))
      await onRow()
    }
    return undefined
  }
  let verified = 0
  for (const { number, id, typed } of kept.accounts()) {
    const decided = parts.decidedAs(namesOf?.(id ?? undefined, normaliseLogin(typed)) ?? [])
    if (decided.verified > 0) verified++
    kept.setDecided(number, decided)
    await onRow()
  }
  return { ...accounts, verified, lastLogins: NO_TIMES, changes: NO_TIMES }
}

/** @throws MustReadAll where a full run must count: then nothing has been changed */
export const loadChanges =
  (deps: QuickDeps): Load =>
  async (parts, kept, turns) => {
    const { before, decisions, natives, clock } = deps
    refuseOld(before, clock.epochMs())
    if (before.sameLogin > 0) refuseSameLogin()
    turns.enter('decisions')
    kept.takeMoves()
    kept.takeUsers()
    if (before.accounts) kept.takeAccounts()
    // First, as in a full run.
    const decided = decisions && (await loadDecisions(decisions(), parts, turns.onRow))
    turns.enter('events')
    const [startedAt, at] = [clock.now(), clock.epochMs()]
    const { pages, events, next, eventTypes } = await followEvents(deps, kept, turns).catch(
      (err: unknown) => {
        throw asRefusal(err)
      },
    )
    turns.enter('changed')
    await readChanged(deps, parts, kept, turns)
    const oktaSeconds = (clock.now() - startedAt) / 1000
    turns.enter('assembling')
    const accounts = await decideKept(deps, parts, kept, turns)
    kept.setOrigin({ ...before, log: { at, from: { next }, eventTypes } })
    return {
      ...{ decisions: decided, accounts, oktaSeconds, natives: addNatives(natives, parts) },
      users: { count: kept.countUsers(), sameLogin: 0 },
      readAt: before.readAt,
      quick: { pages, events, users: kept.countChanged() },
    }
  }
