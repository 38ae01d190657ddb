/** Owns what `okta-migrate register` says. */
import {
  authOf,
  type HookRequest,
  type InlineHook,
  type TrialResult,
} from '../../okta/api/inline-hooks.ts'
import { printable } from '../../text/printable.ts'

/** Who registered it elsewhere may have written a password into it. */
export const withoutUser = (url: string): string => url.replace(/\/\/[^/?#]*@/, '//…@')

/** Headers that are no authentication to Okta, and may be one to who wrote them there. */
export const ownHeadersOf = ({ channel }: InlineHook): string[] =>
  (channel.config.headers ?? []).flatMap((header) => {
    const { key } = Object(header) as { key?: unknown }
    return typeof key === 'string' ? [printable(key)] : []
  })

const describeOwnHeaders = (hook: InlineHook): string => {
  const keys = ownHeadersOf(hook)
  return keys.length > 0 ? ` (but for what ${keys.join(', ')} may say)` : ''
}

const describeAuth = (hook: InlineHook): string => {
  const auth = authOf(hook)
  switch (auth.type) {
    case 'header':
      return `by the header ${printable(auth.key)}`
    case 'oauth': {
      const client = auth.clientId && `, as client ${printable(auth.clientId)}`
      const place = auth.tokenUrl && `, with tokens of ${printable(withoutUser(auth.tokenUrl))}`
      return `by OAuth${client}${place}`
    }
    case 'none':
      return `NOT AT ALL${describeOwnHeaders(hook)}`
    case 'unknown':
      return `in a way that this program does not know (${printable(auth.channel) || 'no type'})`
  }
}

const NO_AUTHENTICATION = `
WARNING: Okta sends no secret to this URL. A server behind it cannot tell Okta from anybody else who calls it,
and one that answers all the same says to strangers whether a password is right.
Give it a secret, the HOOK_SECRET of the hook server: okta-migrate register --rotate
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

/** What a change is about to replace. */
export const describeBefore = (hook: InlineHook): string =>
  `Before: ${printable(hook.status)}, authenticates ${describeAuth(hook)}.\n`

export const NO_HOOK = `This org has no password import inline hook.
Create it: okta-migrate register --url https://hook.example.com
`

export const CREATED = `
Okta calls it at the first sign-in of each user that was created with it, and of nobody else.
Now have Okta call it once: okta-migrate register --test --test-login isaac.brock@example.com
`

export const describeOther = (wanted: string): string => `
An org has only one, so ${wanted} was not registered.
To point this one there, with the secret of this environment:
  okta-migrate register --rotate --url ${wanted}
`

export const ROTATED = `
Okta sends the new secret from now on. When the hook server has seen it in use, remove
HOOK_SECRET_PREVIOUS from its environment.
`

export const TRIED =
  'The hook server accepts the secret: a trial call from this machine has shown it.\n'

export const UNTRIED = 'Whether the hook server accepts the secret was not tried (--force).\n'

/** What Okta says when the hook did not answer, or not in order (Okta error codes E0000134 to 137). */
export const describeTrialFailure = (detail = ''): string =>
  `Okta called the hook, and got no answer that it can use: ${detail}
Look at the URL, at the log of the hook server, and at its HOOK_SECRET; Okta waits 3 seconds.
`

/** @param why not, where they could not be counted */
export const describeAffected = (org: string, count: number | undefined, why = ''): string => {
  const about = `While the hook is off, Okta cannot check the legacy passwords of ${org}.`
  return count === undefined
    ? `${about} How many people cannot sign in then could not be counted: ${why}\n`
    : `${about} Up to ${count} people cannot sign in then: those whose provider in Okta is IMPORT.\n`
}

export const describeRequest = (orgUrl: string, { method, path, body }: HookRequest): string =>
  `${method} ${orgUrl}${path}\n${JSON.stringify(body, undefined, 2)}\n`

const BECAUSE: Readonly<Record<string, string>> = {
  hash_malformed: 'The stored hash is damaged.',
  hash_unrecognised: 'The stored hash is of a kind that the hook server does not know.',
  hash_out_of_bounds: 'The stored hash costs more to check than the hook server allows.',
  ambiguous_login: 'More than one legacy account has this login.',
}

export const describeTrial = ({ credential, reason }: TrialResult): string => {
  if (credential === 'VERIFIED') {
    return 'VERIFIED: Okta reached the hook, and the password is right. At a real sign-in, Okta would store it.\n'
  }
  if (credential === 'unreadable') {
    return 'Okta reached the hook, but what it answered is neither VERIFIED nor UNVERIFIED. Is this URL the hook server?\n'
  }
  const why =
    reason === undefined ? undefined : (BECAUSE[reason] ?? `Reason: ${printable(reason)}.`)
  const usual = 'The password is wrong, or no enabled legacy account has this login.'
  return `UNVERIFIED: Okta reached the hook, which would not let this user in. ${why ?? usual}\n`
}
