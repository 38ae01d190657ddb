/** Asks the endpoint of an event hook to prove that it expects the hook ("One-time verification request"). */
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { endsWithin, type Clock } from '../../clock.ts'
import { readBounded } from '../../http/bounded-body.ts'
import { parseJson } from '../../text/parse-json.ts'
import { configuredHeaders, HOOK_TIMEOUT_MS } from '../hook-call.ts'
import type { EventHook } from './hooks.ts'

const MAX_ANSWER_BYTES = 16 * 1024

const answerSchema = z.object({ verification: z.string() })

const ask = async ({ settings }: EventHook, challenge: string, signal: AbortSignal) => {
  const { channel } = settings
  const response = await fetch(channel.config.uri, {
    headers: {
      accept: 'application/json',
      ...configuredHeaders(channel),
      'x-okta-verification-challenge': challenge,
    },
    redirect: 'manual',
    signal,
  })
  const text = response.body ? await readBounded(response.body, MAX_ANSWER_BYTES) : ''
  const { data } = answerSchema.safeParse(parseJson(text ?? ''))
  if (!response.ok) return `HTTP status ${response.status}`
  return data?.verification === challenge ? undefined : 'the answer does not repeat the challenge'
}

/** @returns why the endpoint did not pass; undefined if it did */
export const verifyEndpoint = async (
  hook: EventHook,
  clock: Clock,
): Promise<string | undefined> => {
  const abort = new AbortController()
  const challenge = randomBytes(24).toString('base64url')
  const answer = ask(hook, challenge, abort.signal).catch(() => 'no connection')
  const isInTime = await endsWithin(clock, HOOK_TIMEOUT_MS, answer)
  abort.abort()
  return isInTime ? answer : 'no answer within 3 seconds'
}
