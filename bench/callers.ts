/** Owns the load: callers that wait for each answer, or calls that come whether or not the last was answered. */
import { Agent, request } from 'node:http'

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Timed {
  /** 0 where no answer came. */
  readonly status: number
  readonly ms: number
}

/**
 * Sends one request and reads its whole answer; gives up after `timeoutMs`.
 * @throws Error where a server that is to be measured answers wrongly
 */
const send = (url: string, agent: Agent, call: Call, timeoutMs: number): Promise<Timed> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const { method = 'GET', headers = {}, body } = call
    const end = (status: number): void => resolve({ status, ms: performance.now() - began })
    const signal = AbortSignal.timeout(timeoutMs)
    request(url, { agent, method, headers, signal }, (res) => {
      res
        .on('data', (chunk: Buffer) => {
          if (chunk.includes('UNVERIFIED')) reject(new Error('a right password is UNVERIFIED'))
        })
        .once('end', () => end(res.statusCode ?? 0))
        .once('error', () => end(0))
    })
      .once('error', () => end(0))
      .end(body)
  })

const PATIENCE_MS = 60_000

/** Keeps `callers` requests under way until `ms` have passed: a closed loop. */
export const callFor = async (
  ms: number,
  callers: number,
  url: string,
  next: () => Call = () => ({}),
): Promise<Timed[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const end = performance.now() + ms
  const times: Timed[] = []
  const caller = async (): Promise<void> => {
    while (performance.now() < end) times.push(await send(url, agent, next(), PATIENCE_MS))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  agent.destroy()
  return times
}

/** Okta hangs up after this long. */
export const OKTA_WAITS_MS = 3_000

/** Sends `perSecond` calls, at random moments, for `ms`, and hangs up as Okta does: an open loop. */
export const callAtRate = async (
  perSecond: number,
  ms: number,
  url: string,
  next: () => Call,
): Promise<Timed[]> => {
  const agent = new Agent({ keepAlive: true })
  const began = performance.now()
  const calls: Promise<Timed>[] = []
  for (let due = 0; due < ms; due += (-Math.log(1 - Math.random()) / perSecond) * 1000) {
    const early = began + due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    calls.push(send(url, agent, next(), OKTA_WAITS_MS))
  }
  const times = await Promise.all(calls)
  agent.destroy()
  return times
}

/** @param share from 0 to 1: 0.99 is the 99th percentile, 1 the longest */
export const percentile = (times: readonly Timed[], share: number): number => {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
