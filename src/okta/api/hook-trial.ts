/** Makes trial calls to the hook server, like those of Okta. */
import type { ErrorCode } from '../../errors/errors.ts'
import { printable } from '../../text/printable.ts'
import {
  payloadOf,
  readTrial,
  type HookAuth,
  type HookChannel,
  type Trial,
  type TrialResult,
} from './inline-hooks.ts'
import { isAnswer, type OktaResult, type Transport } from '../client/transport.ts'

/** The errors for an empty body, which is read only if the secret is right. */
const ACCEPTED = {
  sign_ins: 'payload_invalid',
  events: 'events_invalid',
} as const satisfies Record<string, ErrorCode>

/** What the hook is called for. */
export type HookPurpose = keyof typeof ACCEPTED

/** Without login and password nothing is decided, and no guess is counted. */
const BODY = '{}'

/** In lower case, so that no header is sent twice in different spellings. */
const headersOf = (headers: HookChannel['headers'] = []): Record<string, string> =>
  Object.fromEntries(
    (headers as { key?: unknown; value?: unknown }[]).flatMap(({ key, value }) =>
      typeof key === 'string' && typeof value === 'string' ? [[key.toLowerCase(), value]] : [],
    ),
  )

type Authorized = { readonly secret: Readonly<Record<string, string>> } | { readonly why: string }

/** RFC 6749, section 4.4, with the client's secret in the body, as Okta sends it (client_secret_post). */
const authorize = async (transport: Transport, auth: HookAuth): Promise<Authorized> => {
  if (auth.type === 'header') return { secret: { [auth.key.toLowerCase()]: auth.value } }
  const outcome = await transport.send({
    method: 'POST',
    url: new URL(auth.tokenUrl),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: auth.clientId,
      client_secret: auth.clientSecret,
      scope: auth.scope,
    }).toString(),
  })
  if (!isAnswer(outcome)) return { why: `The token URL did not answer: ${outcome.reason}.` }
  const { access_token: token } = Object(outcome.body) as { access_token?: unknown }
  if (outcome.status === 200 && typeof token === 'string') {
    return { secret: { authorization: `Bearer ${token}` } }
  }
  return { why: `The token URL returned no token (status ${outcome.status}).` }
}

const nameOf = (code: unknown): string =>
  typeof code === 'string' ? printable(code, 40) : 'without a code'

const problemIn = (outcome: OktaResult, purpose: HookPurpose): string | undefined => {
  if (!isAnswer(outcome)) return `The hook server did not answer: ${outcome.reason}.`
  const { status, body } = outcome
  const { code } = Object(body) as { code?: unknown }
  if (status === 400 && code === ACCEPTED[purpose]) return undefined
  if (status === 401) return 'The hook server rejects this secret (status 401).'
  if (status >= 300 && status < 400) {
    return `The hook's URL redirects (status ${status}), and Okta does not follow redirects.`
  }
  if (status === 404 && purpose === 'events') {
    return 'The server at the URL takes no events (status 404): set EVENT_HOOK_SECRET there, and restart it.'
  }
  if (status >= 500) return `The hook server could not answer (status ${status}, ${nameOf(code)}).`
  return `The server at the hook's URL is not this program's hook server (status ${status}).`
}

/**
 * Calls the hook's URL with the secret, and with a body that fails once the secret is accepted.
 * @returns why Okta could not make such a call, as far as this machine can tell; undefined where it could
 */
export const tryChannel = async (
  transport: Transport,
  { uri, auth, headers }: HookChannel,
  purpose: HookPurpose = 'sign_ins',
): Promise<string | undefined> => {
  const granted = await authorize(transport, auth)
  if ('why' in granted) return granted.why
  const sent = { ...headersOf(headers), 'content-type': 'application/json', ...granted.secret }
  const call = { method: 'POST', url: new URL(uri), headers: sent, body: BODY } as const
  return problemIn(await transport.send(call), purpose)
}

/**
 * Calls the hook as Okta does at a sign-in.
 * @param source a URL of the org, which the hook server may compare with OKTA_ORG_URL
 * @returns the hook's answer, or why there is none
 */
export const trySignIn = async (
  transport: Transport,
  { uri, auth, headers }: HookChannel,
  { source, trial }: { readonly source: string; readonly trial: Trial },
): Promise<TrialResult | { readonly why: string }> => {
  const granted = await authorize(transport, auth)
  if ('why' in granted) return granted
  const sent = { ...headersOf(headers), 'content-type': 'application/json', ...granted.secret }
  const body = JSON.stringify(payloadOf(source, trial))
  const outcome = await transport.send({ method: 'POST', url: new URL(uri), headers: sent, body })
  if (isAnswer(outcome) && outcome.status === 200) return readTrial(outcome.body)
  return { why: problemIn(outcome, 'sign_ins') ?? 'The hook server could not read the call.' }
}
