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

export type Boarding = 'first' | 'joined' | 'replayed'

interface Flight<T> {
  readonly result: Promise<T>
  /** Aborted when every caller has hung up. */
  readonly abandon: AbortController
  callers: number
  landedAt: number | undefined
}

/** Counts a caller in, and out again when it hangs up. */
const board = <T>(flight: Flight<T>, signal: AbortSignal): Promise<T> => {
  const leave = (): void => {
    if (--flight.callers === 0) flight.abandon.abort()
  }
  flight.callers++
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave)
  return flight.result.finally(() => signal.removeEventListener('abort', leave))
}

/**
 * @returns a function that decides a call, or shares what was decided for the same event, username and
 * password. Failures are shared by those who wait and then forgotten, so that a retry is a new chance.
 */
export const createFlights = <T>(clock: Clock) => {
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

  const begin = (name: string, decide: (signal: AbortSignal) => Promise<T>): Flight<T> => {
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
    const result = decide(abandon.signal).then(land, crash)
    const flight: Flight<T> = { result, abandon, callers: 0, landedAt: undefined }
    flights.delete(name)
    flights.set(name, flight)
    return flight
  }

  const share = async (
    call: Repeatable,
    signal: AbortSignal,
    decide: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly result: T; readonly boarding: Boarding }> => {
    if (call.eventId === undefined) return { result: await decide(signal), boarding: 'first' }
    const name = nameOf(call)
    const found = flights.get(name)
    if (!found || isOver(found)) {
      return { result: await board(begin(name, decide), signal), boarding: 'first' }
    }
    const boarding = found.landedAt === undefined ? 'joined' : 'replayed'
    try {
      return { result: await board(found, signal), boarding }
    } catch (err) {
      // Those before this caller hung up, which ended the flight; this one is still there.
      if (found.abandon.signal.aborted && !signal.aborted) return share(call, signal, decide)
      throw err
    }
  }
  return share
}
