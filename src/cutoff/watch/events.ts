/** Which events of the System Log a watch reads, and what each of them says. */
import type { OktaEvent } from '../../okta/api/system-log.ts'
import type { EventPerson } from './watched.ts'

type Meaning = 'refused' | 'set' | 'signedIn' | 'lockedOut' | 'hookCall'

interface EventRow {
  readonly SUCCESS?: Meaning
  readonly FAILURE?: Meaning
}

/**
 * Okta does not document what the log says of a sign-in while the hook is inactive: a session that failed, an import
 * that failed, or both. So both are read, and one person is counted once.
 */
const EVENTS: Readonly<Record<string, EventRow>> = {
  'user.session.start': { SUCCESS: 'signedIn', FAILURE: 'refused' },
  'user.import.password': { FAILURE: 'refused' },
  'user.account.update_password': { SUCCESS: 'set' },
  'user.account.lock': { SUCCESS: 'lockedOut', FAILURE: 'lockedOut' },
  'inline_hook.executed': { SUCCESS: 'hookCall', FAILURE: 'hookCall' },
  'inline_hook.response.processed': { SUCCESS: 'hookCall', FAILURE: 'hookCall' },
}

export const WATCHED_EVENTS: readonly string[] = Object.keys(EVENTS)

/** Where an event has no target of the type User, its actor is the user who signs in. */
export const personOf = ({ target, actor }: OktaEvent): EventPerson | undefined => {
  const user = [...target, ...(actor ? [actor] : [])].find(({ type }) => type === 'User')
  return user && { id: user.id, login: user.alternateId }
}

/** @returns undefined for what says nothing about the cut-off, such as a call of another inline hook */
export const meaningOf = (event: OktaEvent, hookId: string): Meaning | undefined => {
  const row = EVENTS[event.eventType]
  const meaning = event.outcome.result === 'SUCCESS' ? row?.SUCCESS : row?.FAILURE
  if (meaning !== 'hookCall') return meaning
  return event.target.some(({ id }) => id === hookId) ? meaning : undefined
}
