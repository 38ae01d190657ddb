/** Calls a hook with a payload, twice at most, with its secret or token, and interprets the answer. */
import * as z from 'zod'
import { endsWithin, type Clock } from '../clock.ts'
import type { Channel, OAuthConfig } from './org/hooks.ts'
import { readBounded } from '../http/bounded-body.ts'
import { parseJson } from '../text/parse-json.ts'

/** "Time out and retry" in Okta's page on inline hooks. */
export const HOOK_TIMEOUT_MS = 3_000
const MAX_ATTEMPTS = 2
/** An answer must be smaller than 256 KB. */
const MAX_ANSWER_BYTES = 256 * 1024 - 1

export type HookOutcome =
  | {
      readonly kind: 'decided'
      readonly credential: 'VERIFIED' | 'UNVERIFIED'
      readonly body: unknown
      readonly debugContext: Readonly<Record<string, unknown>> | undefined
    }
  /** An answer came that cannot be applied. */
  | { readonly kind: 'unusable'; readonly why: string; readonly status: number }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'timeout'; readonly why: string }

export interface HookResult {
  readonly outcome: HookOutcome
  readonly attempts: number
}

export type HookCaller = (channel: Channel, payload: object) => Promise<HookResult>

const answerSchema = z.object({
  commands: z
    .array(
      z.object({
        type: z.literal('com.okta.action.update'),
        value: z.object({ credential: z.enum(['VERIFIED', 'UNVERIFIED']) }),
      }),
    )
    .max(1)
    .default([]),
  error: z.undefined({ error: 'an error object' }).optional(),
  debugContext: z.record(z.string(), z.unknown()).optional(),
})

const interpret = (status: number, text: string | undefined): HookOutcome => {
  if (text === undefined) {
    return { kind: 'unusable', why: 'the answer is not smaller than 256 KB', status: 200 }
  }
  if (status >= 500) return { kind: 'unreachable', why: `HTTP status ${status}` }
  if (status === 204) {
    return { kind: 'decided', credential: 'UNVERIFIED', body: {}, debugContext: undefined }
  }
  if (status < 200 || status > 299)
    return { kind: 'unusable', why: `HTTP status ${status}`, status }
  const body = parseJson(text)
  const { success, data, error } = answerSchema.safeParse(body)
  if (!success) {
    const [issue] = error.issues
    return { kind: 'unusable', why: `${issue?.path.join('.')}: ${issue?.message}`, status }
  }
  // Without a command, the default action applies.
  const credential = data.commands[0]?.value.credential ?? 'UNVERIFIED'
  return { kind: 'decided', credential, body, debugContext: data.debugContext }
}

/** A token is renewed this long before it expires. */
const RENEW_BEFORE_MS = 60_000

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().default(0) })

/**
 * Client credentials, from the hook's own token URL.
 * @returns a function that throws where the token URL does not return a token
 */
const createHookTokens = (clock: Clock) => {
  // By configuration, so that a changed hook gets a new token.
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
    const { access_token: token, expires_in } = tokenSchema.parse(await response.json())
    cache.set(config, { token, until: clock.now() + expires_in * 1000 - RENEW_BEFORE_MS })
    return token
  }
}

/** The headers in the settings of a hook: its own, and that with its secret if it has one. */
export const configuredHeaders = ({ config }: Channel): Record<string, string> => {
  const { headers, authScheme } = config
  const pairs = [...(headers ?? []), ...(authScheme ? [authScheme] : [])]
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
}

export const createHookCaller = (clock: Clock): HookCaller => {
  const tokens = createHookTokens(clock)

  const send = async (channel: Channel, payload: object, signal: AbortSignal) => {
    const { uri, method } = channel.config
    const isOAuth = channel.type === 'OAUTH'
    const response = await fetch(uri, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...configuredHeaders(channel),
        ...(isOAuth && { authorization: `Bearer ${await tokens(channel.config, signal)}` }),
      },
      body: JSON.stringify(payload),
      redirect: 'manual',
      signal,
    })
    const text = response.body ? await readBounded(response.body, MAX_ANSWER_BYTES) : ''
    return interpret(response.status, text)
  }

  const attempt = async (channel: Channel, payload: object): Promise<HookOutcome> => {
    const abort = new AbortController()
    const outcome = send(channel, payload, abort.signal).catch((): HookOutcome => {
      return { kind: 'unreachable', why: 'no connection, or no token' }
    })
    const isInTime = await endsWithin(clock, HOOK_TIMEOUT_MS, outcome)
    // The rest of an answer that is too large or late is not read.
    abort.abort()
    return isInTime ? outcome : { kind: 'timeout', why: 'no answer within 3 seconds' }
  }

  return async (channel, payload) => {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await attempt(channel, payload)
      // A second attempt may succeed. After an answer below 500 there is none.
      const isRetried = outcome.kind === 'unreachable' || outcome.kind === 'timeout'
      if (!isRetried || attempts === MAX_ATTEMPTS) return { outcome, attempts }
    }
  }
}
