/** The attack of strangers on two replicas: a flood of pipelined calls that are refused, and a very long login each second. */
import { Worker } from 'node:worker_threads'
import type { SignIns } from '../test/support/sign-ins.ts'
import type { Flood } from './flood-thread.ts'
import { PASSWORD, type ServerProcess } from './server.ts'

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

/** Counted among the sign-ins, so that their answers and their rows in the ledger are checked too. */
const signInAtLength = (signIns: SignIns, n: number): Promise<unknown> =>
  signIns.ask(n % signIns.urls.length, `long-${n}`, {
    username: `${n}e${MARKS}`,
    password: PASSWORD,
    outcome: 'UNVERIFIED',
  })

/** @returns a function that ends them */
export const startStrangers = (servers: readonly ServerProcess[], signIns: SignIns) => {
  const floods = servers.map(flood)
  let n = 0
  let last: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    last = signInAtLength(signIns, n++)
  }, EVERY_MS)
  return async (): Promise<void> => {
    clearInterval(timer)
    await last
    await Promise.all(floods.map((worker) => worker.terminate()))
  }
}
