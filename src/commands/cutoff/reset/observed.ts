/** How calls about people are sent: with their own scope, by Okta's clock, and no longer than the run. */
import type { ServerTime } from '../../../import/run/server-time.ts'
import type { OktaClient, RequestFn } from '../../../okta/client/client.ts'

export const USER_SCOPES = ['okta.users.manage']

export const observedBy =
  (serverTime: ServerTime, client: OktaClient, signal: AbortSignal): RequestFn =>
  async (what) => {
    signal.throwIfAborted()
    const response = await client.request({ ...what, signal })
    serverTime.observe(response.headers)
    return response
  }
