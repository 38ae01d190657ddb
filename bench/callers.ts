/** Owns the load: callers that wait for each answer, or calls that come whether or not the last was answered. */
import { require } from './packages.ts'

/** What is used of undici, which the checks of this repository run without. */
interface Dispatcher {
  dispatch(
    options: Required<Call> & { readonly origin: string; readonly path: string },
    handler: {
      readonly onRequestStart: (controller: { abort(reason: Error): void }) => void
      readonly onResponseStart: (controller: unknown, statusCode: number) => void
      readonly onResponseData: (controller: unknown, chunk: Buffer) => void
      readonly onResponseEnd: () => void
      readonly onResponseError: () => void
    },
  ): boolean
  destroy(): Promise<void>
}

const { Agent } = require('undici') as { readonly Agent: new () => Dispatcher }

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Timed {
  /** 0 where no answer came. */
  readonly status: number
  readonly ms: number
  /** When it ended, on the scale of `performance.now()`. */
  readonly at: number
}

/**
 * Sends one request and reads its whole answer; gives up after `timeoutMs`.
 * By the dispatcher itself, since whatever the callers cost is missing to the server on the same cores.
 * @throws Error where a server that is to be measured answers wrongly
 */
const send = (agent: Dispatcher, url: URL, call: Call, timeoutMs: number): Promise<Timed> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const { method = 'GET', headers = {}, body = '' } = call
    let status = 0
    let hangUp = (): void => undefined
    const timer = setTimeout(() => hangUp(), timeoutMs)
    const end = (answered: number): void => {
      clearTimeout(timer)
      const at = performance.now()
      resolve({ status: answered, ms: at - began, at })
    }
    agent.dispatch(
      { origin: url.origin, path: url.pathname, method, headers, body },
      {
        onRequestStart: (controller) => {
          hangUp = () => controller.abort(new Error('gave up'))
        },
        onResponseStart: (_, statusCode) => {
          status = statusCode
        },
        onResponseData: (_, chunk) => {
          if (chunk.includes('UNVERIFIED')) reject(new Error('a right password is UNVERIFIED'))
        },
        onResponseEnd: () => end(status),
        onResponseError: () => end(0),
      },
    )
  })

const PATIENCE_MS = 60_000

/** A person who was refused tries again after a moment. */
export const TRY_AGAIN_MS = 1_000

/** Keeps `callers` requests under way until `ms` have passed: a closed loop. */
export const callFor = async (
  ms: number,
  callers: number,
  url: string,
  next: () => Call = () => ({}),
): Promise<Timed[]> => {
  const agent = new Agent()
  const target = new URL(url)
  const end = performance.now() + ms
  const times: Timed[] = []
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const timed = await send(agent, target, next(), PATIENCE_MS)
      times.push(timed)
      if (timed.status === 503) await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await agent.destroy()
  return times
}

/** Okta hangs up after this long. */
export const OKTA_WAITS_MS = 3_000

/**
 * Sends `perSecond` calls, at random moments, for `ms`, and hangs up as Okta does: an open loop.
 * @param together how many come at the same moment
 */
export const callAtRate = async (
  perSecond: number,
  ms: number,
  url: string,
  next: () => Call,
  together = 1,
): Promise<Timed[]> => {
  const agent = new Agent()
  const target = new URL(url)
  const began = performance.now()
  const calls: Promise<Timed>[] = []
  for (let due = 0; due < ms; due += (-Math.log(1 - Math.random()) / perSecond) * 1000 * together) {
    const early = began + due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    for (let i = 0; i < together; i++) calls.push(send(agent, target, next(), OKTA_WAITS_MS))
  }
  const times = await Promise.all(calls)
  await agent.destroy()
  return times
}

/** @param share from 0 to 1: 0.99 is the 99th percentile, 1 the longest */
export const percentile = (times: readonly { readonly ms: number }[], share: number): number => {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
