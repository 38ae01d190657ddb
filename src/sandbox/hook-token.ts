/** Owns the tokens with which hooks are called: client credentials, at the hook's own token URL. */
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { OAuthConfig } from './org/hooks.ts'

/** A token is renewed this long before its end. */
const MARGIN_MS = 60_000

const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().default(0),
})

/** @returns a function that throws when the token URL does not answer with a token */
export const createHookTokens = (clock: Clock) => {
  // By configuration: a hook that is changed asks anew.
  const cache = new WeakMap<OAuthConfig, { readonly token: string; readonly until: number }>()
  return async (config: OAuthConfig, signal: AbortSignal): Promise<string> => {
    const old = cache.get(config)
    if (old && old.until > clock.now()) return old.token
    const { clientId, clientSecret, scope, tokenUrl } = config
    const response = await fetch(tokenUrl, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        ...(scope && { scope }),
      }),
      redirect: 'manual',
      signal,
    })
    const { access_token: token, expires_in } = answerSchema.parse(await response.json())
    cache.set(config, { token, until: clock.now() + expires_in * 1000 - MARGIN_MS })
    return token
  }
}
