/** The events that `okta-migrate register --json` prints, with the same fields as its messages. */
import { authOf, type InlineHook, type KnownAuth } from '../../okta/api/inline-hooks.ts'
import { withoutUser } from '../../http/url.ts'
import { ownHeadersOf } from './messages.ts'

/** How Okta authenticates; if it does not, the names of the headers that it sends. */
const authFields = (hook: InlineHook): KnownAuth & { readonly headers?: readonly string[] } => {
  const auth = authOf(hook)
  if (auth.type === 'oauth') return { ...auth, tokenUrl: withoutUser(auth.tokenUrl) }
  return auth.type === 'none' ? { ...auth, headers: ownHeadersOf(hook) } : auth
}

const NO_AUTHENTICATION = {
  code: 'no_authentication',
  message: 'Okta sends no secret to this URL. Set one with register --rotate.',
}

export const beforeEvent = (hook: InlineHook): object => ({
  event: 'before',
  status: hook.status,
  authentication: authFields(hook),
})

/** What was done with the hook; `found` if nothing was. */
type Done = 'found' | 'created' | 'rotated' | 'activated' | 'deactivated'

/** @param refused the URL that was not registered because the org already has a hook */
export const hookEvent = (hook?: InlineHook, done: Done = 'found', refused?: string): object => {
  if (!hook) return { event: 'hook', registered: false }
  const { id, name, status, channel } = hook
  const about = { id, name, status, url: withoutUser(channel.config.uri) }
  const authentication = authFields(hook)
  const warnings = authentication.type === 'none' ? [NO_AUTHENTICATION] : []
  return { event: 'hook', registered: true, done, ...about, authentication, warnings, refused }
}
