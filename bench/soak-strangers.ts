/** What strangers do to two replicas meanwhile: a flood of pipelined refusals, and a very long login each second. */
import { Worker } from 'node:worker_threads'
import type { SignIns } from '../test/support/sign-ins.ts'
import type { Flood } from './flood-thread.ts'
import { PASSWORD, SECRET, type ServerProcess } from './server.ts'

export const FLOOD_CONNECTIONS = 10
const EVERY_MS = 1_000

/** 60 KB in UTF-8: NFC takes seconds for so many combining marks. */
const MARKS = '\u0301\u0316'.repeat(15_000)

const flood = ({ hook: url }: ServerProcess): Worker => {
  const workerData: Flood = {
    url,
    kind: 'refused POSTs',
    isKept: true,
    connections: FLOOD_CONNECTIONS,
  }
  return new Worker(new URL('flood-thread.ts', import.meta.url), { workerData })
}

const OUTCOME = /"credential":"(UNVERIFIED|VERIFIED)"/

/** Counted among the sign-ins, so that they are held to the right answer and to their row in the ledger. */
const signInAtLength = async (signIns: SignIns, n: number): Promise<void> => {
  const eventId = `long-${n}`
  const replica = n % signIns.urls.length
  signIns.right.set(eventId, 'UNVERIFIED')
  const credential = { username: `${n}e${MARKS}`, password: PASSWORD }
  const began = performance.now()
  const [status, text] = await fetch(signIns.urls[replica] ?? '', {
    method: 'POST',
    headers: { authorization: SECRET, 'content-type': 'application/json' },
    body: JSON.stringify({
      eventId,
      eventType: 'com.okta.user.credential.password.import',
      data: { context: { credential } },
    }),
  })
    .then(async (response) => [response.status, await response.text()] as const)
    .catch(() => [0, ''] as const)
  const outcome = OUTCOME.exec(text)?.[1] as 'VERIFIED' | 'UNVERIFIED' | undefined
  signIns.replies.push({ eventId, replica, status, outcome, ms: performance.now() - began })
}

/** @returns a function that ends them */
export const startStrangers = (servers: readonly ServerProcess[], signIns: SignIns) => {
  const floods = servers.map(flood)
  let n = 0
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = signInAtLength(signIns, n++)
  }, EVERY_MS)
  return async (): Promise<void> => {
    clearInterval(timer)
    await last
    await Promise.all(floods.map((worker) => worker.terminate()))
  }
}
