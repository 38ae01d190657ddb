/** Owns one question: does /livez answer quickly while every thread checks passwords? */
import { availableParallelism } from 'node:os'
import { callFor, percentile, type Timed } from './callers.ts'
import { startServer } from './server.ts'

const HOOK_PATH = '/hooks/okta/password-import'
const COST = 10
const SECONDS = 10

const show = (name: string, times: readonly Timed[]): void => {
  const ms = (share: number): string => percentile(times, share).toFixed(1)
  console.log(`| ${name} | ${times.length} | ${ms(0.5)} | ${ms(0.99)} | ${ms(1)} |`)
}

const server = await startServer(COST)
const probe = (ms: number): Promise<Timed[]> => callFor(ms, 1, `${server.url}/livez`)

console.log('| /livez | answers | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|')
show('while idle', await probe(1000))
const callers = 2 * availableParallelism()
const [times, signIns] = await Promise.all([
  probe(SECONDS * 1000),
  callFor(SECONDS * 1000, callers, server.url + HOOK_PATH, () => server.signIn()),
])
show(`while ${callers} callers keep every thread at cost ${COST}`, times)
show('the sign-ins themselves', signIns)
await server.stop()
