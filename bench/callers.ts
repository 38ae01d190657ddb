/** Owns the load: callers that send one request after another over connections of their own, and their times. */
import { Agent, request } from 'node:http'

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Timed {
  readonly status: number
  readonly ms: number
}

/** Sends one request and reads its whole answer. */
export const send = (url: string, agent: Agent, call: Call = {}): Promise<Timed> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const { method = 'GET', headers = {}, body } = call
    request(url, { agent, method, headers }, (res) => {
      res.resume().once('end', () => {
        resolve({ status: res.statusCode ?? 0, ms: performance.now() - began })
      })
    })
      .once('error', reject)
      .end(body)
  })

/** Keeps `callers` requests under way until `ms` have passed. */
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
    while (performance.now() < end) times.push(await send(url, agent, next()))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  agent.destroy()
  return times
}

/** @param share from 0 to 1: 0.99 is the 99th percentile */
export const percentile = (times: readonly Timed[], share: number): number => {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
