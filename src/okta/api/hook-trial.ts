/** Makes a trial call to the hook server, like a call of Okta, before the hook is registered. */
import type { ErrorCode } from '../../errors/errors.ts'
import type { HookAuth, HookChannel } from './inline-hooks.ts'
import { isAnswer, type OktaResult, type Transport } from '../client/transport.ts'

/** The hook server's error for an empty body, which it reads only if the secret is right. */
const ACCEPTED: ErrorCode = 'payload_invalid'

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

const problemIn = (outcome: OktaResult): string | undefined => {
  if (!isAnswer(outcome)) return `The hook server did not answer: ${outcome.reason}.`
  const { status, body } = outcome
  const { code } = Object(body) as { code?: unknown }
  if (status === 400 && code === ACCEPTED) return undefined
  if (status === 401) return 'The hook server rejects this secret (status 401).'
  if (status >= 300 && status < 400) {
    return `The hook's URL redirects (status ${status}), and Okta does not follow redirects.`
  }
  return `The server at the hook's URL is not this program's hook server (status ${status}).`
}

/**
 * Calls the hook's URL with the secret, and with a body that fails once the secret is accepted.
 * @returns why Okta could not make such a call, as far as this machine can tell; undefined where it could
 */
export const tryChannel = async (
  transport: Transport,
  { uri, auth, headers }: HookChannel,
): Promise<string | undefined> => {
  const granted = await authorize(transport, auth)
  if ('why' in granted) return granted.why
  const sent = { ...headersOf(headers), 'content-type': 'application/json', ...granted.secret }
  const call = { method: 'POST', url: new URL(uri), headers: sent, body: BODY }
  return problemIn(await transport.send(call))
}
