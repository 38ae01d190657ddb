/** Owns a call of the password import hook: one attempt, at most one more, and what its answer means. */
import * as z from 'zod'
import { endsWithin, type Clock } from '../clock.ts'
import type { Channel } from './org/hooks.ts'
import { createHookTokens } from './hook-token.ts'

/** "Time out and retry" in Okta's page on inline hooks. */
export const HOOK_TIMEOUT_MS = 3_000
const MAX_ATTEMPTS = 2
/** An answer must be smaller than 256 KB. */
const MAX_ANSWER_BYTES = 256 * 1024

export type HookOutcome =
  | {
      readonly kind: 'decided'
      readonly credential: 'VERIFIED' | 'UNVERIFIED'
      readonly body: unknown
      readonly debugContext: Readonly<Record<string, unknown>> | undefined
    }
  /** An answer came, and cannot be applied. */
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

/** @throws RangeError at 256 KB */
const readBounded = async (body: ReadableStream<Uint8Array> | null): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size >= MAX_ANSWER_BYTES) throw new RangeError('the answer is not smaller than 256 KB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const interpret = (status: number, text: string): HookOutcome => {
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
  // Without a command, the default action stands.
  const credential = data.commands[0]?.value.credential ?? 'UNVERIFIED'
  return { kind: 'decided', credential, body, debugContext: data.debugContext }
}

const secretHeaders = async (
  { type, config }: Channel,
  tokens: ReturnType<typeof createHookTokens>,
  signal: AbortSignal,
): Promise<Record<string, string>> => {
  if (type === 'OAUTH') return { authorization: `Bearer ${await tokens(config, signal)}` }
  const { authScheme } = config
  return authScheme ? { [authScheme.key]: authScheme.value } : {}
}

/** A failure that a second attempt may mend. An answer below 500 is never asked for again. */
const isRetried = ({ kind }: HookOutcome): boolean => kind === 'unreachable' || kind === 'timeout'

export const createHookCaller = (clock: Clock): HookCaller => {
  const tokens = createHookTokens(clock)

  const send = async (channel: Channel, payload: object, signal: AbortSignal) => {
    const { uri, method, headers } = channel.config
    const own = Object.fromEntries((headers ?? []).map(({ key, value }) => [key, value]))
    const response = await fetch(uri, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...own,
        ...(await secretHeaders(channel, tokens, signal)),
      },
      body: JSON.stringify(payload),
      redirect: 'manual',
      signal,
    })
    return interpret(response.status, await readBounded(response.body))
  }

  const attempt = async (channel: Channel, payload: object): Promise<HookOutcome> => {
    const abort = new AbortController()
    const outcome = send(channel, payload, abort.signal).catch((err: unknown): HookOutcome => {
      if (err instanceof RangeError) return { kind: 'unusable', why: err.message, status: 200 }
      return { kind: 'unreachable', why: 'no connection, or no token' }
    })
    const isInTime = await endsWithin(clock, HOOK_TIMEOUT_MS, outcome)
    // What is left of an answer that is not wanted is not read.
    abort.abort()
    return isInTime ? outcome : { kind: 'timeout', why: 'no answer within 3 seconds' }
  }

  return async (channel, payload) => {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await attempt(channel, payload)
      if (!isRetried(outcome) || attempts === MAX_ATTEMPTS) return { outcome, attempts }
    }
  }
}
