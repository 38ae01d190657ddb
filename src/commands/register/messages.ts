/** The messages of `okta-migrate register`. */
import {
  authOf,
  type HookRequest,
  type InlineHook,
  type TrialResult,
} from '../../okta/api/inline-hooks.ts'
import { withoutUser } from '../../http/url.ts'
import { printable } from '../../text/printable.ts'
import type { Affected } from '../cutoff/affected.ts'

/** Headers that Okta does not count as authentication, though the person who added them may. */
export const ownHeadersOf = ({ channel }: InlineHook): string[] =>
  (channel.config.headers ?? []).flatMap((header) => {
    const { key } = Object(header) as { key?: unknown }
    return typeof key === 'string' ? [printable(key)] : []
  })

const describeOwnHeaders = (hook: InlineHook): string => {
  const keys = ownHeadersOf(hook).join(', ')
  return keys && ` (unless ${keys} does)`
}

export const describeAuth = (hook: InlineHook): string => {
  const auth = authOf(hook)
  switch (auth.type) {
    case 'header':
      return `by the header ${printable(auth.key)}`
    case 'oauth': {
      const client = auth.clientId && `, as client ${printable(auth.clientId)}`
      const tokens = auth.tokenUrl && `, with tokens of ${printable(withoutUser(auth.tokenUrl))}`
      return `by OAuth${client}${tokens}`
    }
    case 'none':
      return `NOT AT ALL${describeOwnHeaders(hook)}`
    case 'unknown':
      return `in a way unknown to this program (${printable(auth.channel) || 'no type'})`
  }
}

const NO_AUTHENTICATION = `
WARNING: Okta sends no secret to this URL. The server there cannot distinguish Okta from other callers,
and if it answers anyway, it tells strangers whether a password is right.
Set a secret, the HOOK_SECRET of the hook server: okta-migrate register --rotate
`

export const describeHook = (hook: InlineHook): string => {
  const { id, name, status, channel } = hook
  return `The password import inline hook of this org:
  name            ${printable(name)}
  id              ${printable(id)}
  status          ${printable(status)}
  URL             ${printable(withoutUser(channel.config.uri), 1024)}
  authenticates   ${describeAuth(hook)}
${authOf(hook).type === 'none' ? NO_AUTHENTICATION : ''}`
}

/** The state that a change is about to replace. */
export const describeBefore = (hook: InlineHook): string =>
  `Before: ${printable(hook.status)}, authenticates ${describeAuth(hook)}.\n`

export const NO_HOOK = `This org has no password import inline hook.
Create it: okta-migrate register --url https://hook.example.com
`

export const CREATED = `
Okta calls it only at the first sign-in of each user who was created for it.
Now let Okta call it once: okta-migrate register --test --test-login isaac.brock@example.com
`

export const describeOther = (wanted: string): string => `
An org can have only one, so ${wanted} was not registered.
To change this one to that URL, with the secret of this environment:
  okta-migrate register --rotate --url ${wanted}
`

export const ROTATED = `
Okta sends the new secret from now on. Once the hook server has seen it in use, remove
HOOK_SECRET_PREVIOUS from its environment.
`

export const TRIED =
  'The hook server accepts the secret: a trial call from this machine succeeded.\n'

export const UNTRIED = 'It was not tried whether the hook server accepts the secret (--force).\n'

/** For a hook that did not answer, or whose answer is invalid (Okta error codes E0000134 to 137). */
export const describeTrialFailure = (detail = ''): string =>
  `Okta called the hook and got no usable answer: ${detail}
Check the URL, the log of the hook server, and its HOOK_SECRET; Okta waits 3 seconds.
`

const describeCount = ({ count, report, whyUncounted = '' }: Affected, effect: string): string => {
  if (count === undefined) return `The people who ${effect} could not be counted: ${whyUncounted}\n`
  const who = report ? 'who had not moved by the newest status' : 'whose provider in Okta is IMPORT'
  return `Up to ${count} people ${effect}: those ${who}.\n`
}

export const describeAffected = (affected: Affected): string =>
  `While the hook is off, Okta cannot check the legacy passwords of ${affected.org}. ${describeCount(affected, 'cannot sign in during that time')}`

export const describeMoving = (affected: Affected): string =>
  `Okta calls the new URL from then on. ${describeCount(affected, 'depend on the server there')}`

export const describeRequest = (orgUrl: string, { method, path, body }: HookRequest): string =>
  `${method} ${orgUrl}${path}\n${JSON.stringify(body, undefined, 2)}\n`

const REASON_WORDS: Readonly<Record<string, string>> = {
  hash_malformed: 'The stored hash is damaged.',
  hash_unrecognised: 'The stored hash is of a type unknown to the hook server.',
  hash_out_of_bounds: 'The stored hash is more expensive to check than the hook server allows.',
  ambiguous_login: 'More than one legacy account has this login.',
}

export const describeTrial = ({ credential, reason }: TrialResult): string => {
  if (credential === 'VERIFIED') {
    return 'VERIFIED: Okta reached the hook, and the password is right. At a real sign-in, Okta would now store it.\n'
  }
  if (credential === 'unreadable') {
    return 'Okta reached the hook, but the answer is neither VERIFIED nor UNVERIFIED. Is this the URL of the hook server?\n'
  }
  const why =
    reason === undefined ? undefined : (REASON_WORDS[reason] ?? `Reason: ${printable(reason)}.`)
  const usual = 'The password is wrong, or no enabled legacy account has this login.'
  return `UNVERIFIED: Okta reached the hook, which rejected this sign-in. ${why ?? usual}\n`
}
