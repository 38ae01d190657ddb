/** Owns repeats: a call that comes again shares the answer of the first, and costs nothing more. */
import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** Okta retries within its 3 seconds or at once after them ("Time out and retry", inline hooks). */
const REMEMBERED_MS = 10_000

/** Beyond so many the oldest is forgotten, and its repeat is decided anew. About 300 bytes each. */
const MAX_FLIGHTS = 10_000

export interface Repeatable {
  readonly eventId: string | undefined
  readonly username: string
  readonly password: string
}

/** Whoever waits for an answer. */
export interface Caller {
  isGone(): boolean
  /** Runs `leave` when it hangs up before it is answered; never if it is gone already. */
  onceGone(leave: () => void): void
}

export interface Abandonment {
  /** Aborted when every caller is gone. A signal is costly, and made when it is first looked at. */
  readonly signal: AbortSignal
  /** Whether no caller is there now: one that repeats the call may come after the others have gone. */
  isComplete(): boolean
}

export type Boarding = 'first' | 'joined' | 'replayed'

interface Flight<T> {
  readonly result: Promise<T>
  readonly abandon: AbortController
  callers: number
  landedAt: number | undefined
}

const abandonmentOf = (abandon: AbortController, callers: () => number): Abandonment => ({
  get signal() {
    return abandon.signal
  },
  isComplete: () => callers() === 0,
})

/** Counts a caller in, and out again when it hangs up. */
const board = <T>(flight: Flight<T>, caller: Caller): Promise<T> => {
  const leave = (): void => {
    if (--flight.callers === 0) flight.abandon.abort()
  }
  flight.callers++
  if (caller.isGone()) leave()
  else caller.onceGone(leave)
  return flight.result
}

/**
 * @returns a function that decides a call, or shares what was decided for the same event, username and
 * password. Failures are shared by those who wait and then forgotten, so that a retry is a new chance.
 */
export const createSingleFlight = <T>(clock: Clock) => {
  // The name of a flight must tell apart what must not share an answer, and keep no password.
  const key = randomBytes(32).toString('base64')
  const nameOf = ({ eventId, username, password }: Repeatable): string =>
    hash('sha256', key + JSON.stringify([eventId, username, password]), 'base64')
  const flights = new Map<string, Flight<T>>()

  const isOver = ({ landedAt }: Flight<T>): boolean =>
    landedAt !== undefined && clock.now() - landedAt > REMEMBERED_MS

  const forgetOldest = (): void => {
    for (const [name, flight] of flights) {
      if (flights.size < MAX_FLIGHTS && !isOver(flight)) return
      flights.delete(name)
    }
  }

  const begin = (name: string, decide: (abandonment: Abandonment) => Promise<T>): Flight<T> => {
    forgetOldest()
    const abandon = new AbortController()
    const land = (result: T): T => {
      flight.landedAt = clock.now()
      return result
    }
    // Before anyone hears of the failure, so that whoever tries again does not find it here.
    const crash = (err: unknown): never => {
      if (flights.get(name) === flight) flights.delete(name)
      throw err
    }
    const result = decide(abandonmentOf(abandon, () => flight.callers)).then(land, crash)
    const flight: Flight<T> = { result, abandon, callers: 0, landedAt: undefined }
    flights.delete(name)
    flights.set(name, flight)
    return flight
  }

  const share = async (
    call: Repeatable,
    caller: Caller,
    decide: (abandonment: Abandonment) => Promise<T>,
  ): Promise<{ readonly result: T; readonly boarding: Boarding }> => {
    const name = nameOf(call)
    // What names no event is a repeat of nothing.
    const found = call.eventId === undefined ? undefined : flights.get(name)
    if (!found || isOver(found)) {
      return { result: await board(begin(name, decide), caller), boarding: 'first' }
    }
    const boarding = found.landedAt === undefined ? 'joined' : 'replayed'
    try {
      return { result: await board(found, caller), boarding }
    } catch (err) {
      // Those before this caller hung up, which ended the flight; this one is still there.
      if (found.abandon.signal.aborted && !caller.isGone()) return share(call, caller, decide)
      throw err
    }
  }
  return share
}
