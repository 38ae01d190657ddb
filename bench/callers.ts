/** Makes the load: callers that wait for each answer, or calls that come whether or not the last one was answered. */
import { Connection, type Call } from './connection.ts'

export interface Timed {
  /** 0 where no answer came. */
  readonly status: number
  readonly ms: number
  /** When it ended, on the scale of `performance.now()`. */
  readonly at: number
}

/** Connections that each serve one call at a time, and are kept open, as Okta keeps its own. */
class Connections {
  readonly #url: URL
  readonly #idle: Connection[] = []

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /**
   * Sends one call and reads its whole answer; hangs up after `timeoutMs`.
   * @throws Error where the measured server gives a wrong answer
   */
  async send(call: Call, timeoutMs: number): Promise<Timed> {
    const startedAt = performance.now()
    const connection = this.#take()
    const timer = setTimeout(() => connection.hangUp(), timeoutMs)
    const answer = await connection.ask(call)
    clearTimeout(timer)
    const at = performance.now()
    if (answer) this.#idle.push(connection)
    if (answer?.body.includes('UNVERIFIED')) throw new Error('a right password is UNVERIFIED')
    return { status: answer?.status ?? 0, ms: at - startedAt, at }
  }

  end(): void {
    for (const connection of this.#idle) connection.hangUp()
  }

  #take(): Connection {
    let connection = this.#idle.pop()
    while (connection?.isOpen === false) connection = this.#idle.pop()
    return connection ?? new Connection(this.#url)
  }
}

const ANSWER_LIMIT_MS = 60_000

/** A person who was refused tries again after a moment. */
export const TRY_AGAIN_MS = 1_000

/** Keeps `callers` requests in progress until `ms` have passed: a closed loop. */
export const callFor = async (
  ms: number,
  callers: number,
  url: string,
  next: () => Call = () => ({}),
): Promise<Timed[]> => {
  const connections = new Connections(url)
  const end = performance.now() + ms
  const times: Timed[] = []
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const timed = await connections.send(next(), ANSWER_LIMIT_MS)
      times.push(timed)
      if (timed.status === 503) await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  connections.end()
  return times
}

/** Okta hangs up after this long. */
export const OKTA_WAITS_MS = 3_000

/**
 * Sends `perSecond` calls, at random moments, for `ms`, and hangs up as Okta does: an open loop.
 * @param together how many calls come at the same moment
 */
export const callAtRate = async (
  perSecond: number,
  ms: number,
  url: string,
  next: () => Call,
  together = 1,
): Promise<Timed[]> => {
  const connections = new Connections(url)
  const startedAt = performance.now()
  const calls: Promise<Timed>[] = []
  for (let due = 0; due < ms; due += (-Math.log(1 - Math.random()) / perSecond) * 1000 * together) {
    const early = startedAt + due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    for (let i = 0; i < together; i++) calls.push(connections.send(next(), OKTA_WAITS_MS))
  }
  const times = await Promise.all(calls)
  connections.end()
  return times
}

/** @param share from 0 to 1: 0.99 is the 99th percentile, 1 the longest */
export const percentile = (times: readonly { readonly ms: number }[], share: number): number => {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
