/** A client like that of the commands, with a clock that the test controls. */
import { traceCalls, type TracedCall } from '../../src/okta/client/call-trace.ts'
import { createOktaClient, type OktaClient } from '../../src/okta/client/client.ts'
import { staticToken, type OktaCredentials } from '../../src/okta/auth/credentials.ts'
import { createTransport } from '../../src/okta/client/transport.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { ManualClock } from './clock.ts'
import { until } from './until.ts'

export const TOKEN = 'marked-token-0001'

export interface Made {
  readonly client: OktaClient
  readonly clock: ManualClock
}

export const makeClient = (
  orgUrl: string,
  credentials: OktaCredentials = staticToken('SSWS', TOKEN),
  clock = new ManualClock(),
  onCall: (call: TracedCall) => void = () => undefined,
): Made => {
  const transport = traceCalls(
    createTransport({ clock, version: '1.2.3', fetch: fetchFrom({}) }),
    clock,
    onCall,
  )
  const pacing = { share: 1, maxConcurrency: 4, random: () => 0 }
  return { client: createOktaClient({ orgUrl, credentials, transport, clock, ...pacing }), clock }
}

/** Advances the clock step by step until the work is done. */
export const advanceUntil = async <T>(work: Promise<T>, clock: ManualClock): Promise<T> => {
  const state = { isDone: false }
  const done = work.finally(() => (state.isDone = true))
  done.catch(() => undefined)
  await until('the work is done', () => {
    const [next] = clock.pending
    // The timeout of an exchange is not waited for: the answer of a real socket is on its way.
    if (!state.isDone && next !== undefined && next < 20_000) clock.advance(next)
    return state.isDone
  })
  return done
}
