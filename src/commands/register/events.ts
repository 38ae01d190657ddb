/** What `okta-migrate register --json` prints: the facts of which register-words.ts makes sentences. */
import { authOf, type InlineHook, type KnownAuth } from '../../okta/api/inline-hooks.ts'
import { ownHeadersOf, withoutUser } from './messages.ts'

/** How Okta proves itself, and what else it sends where that is nothing. */
const authFacts = (hook: InlineHook): KnownAuth & { readonly headers?: readonly string[] } => {
  const auth = authOf(hook)
  if (auth.type === 'oauth') return { ...auth, tokenUrl: withoutUser(auth.tokenUrl) }
  return auth.type === 'none' ? { ...auth, headers: ownHeadersOf(hook) } : auth
}

const NO_AUTHENTICATION = {
  code: 'no_authentication',
  message: 'Okta sends no secret to this URL: give it one with register --rotate.',
}

export const beforeEvent = (hook: InlineHook): object => ({
  event: 'before',
  status: hook.status,
  authentication: authFacts(hook),
})

/** What was done with the hook: `found` where nothing was. */
type Done = 'found' | 'created' | 'rotated' | 'activated' | 'deactivated'

/** @param refused the URL that was not registered, since the org has a hook already */
export const hookEvent = (
  hook: InlineHook | undefined,
  done: Done = 'found',
  refused?: string,
): object => {
  if (!hook) return { event: 'hook', registered: false }
  const { id, name, status, channel } = hook
  const warnings = authOf(hook).type === 'none' ? [NO_AUTHENTICATION] : []
  const url = withoutUser(channel.config.uri)
  const authentication = authFacts(hook)
  return {
    event: 'hook',
    registered: true,
    done,
    id,
    name,
    status,
    url,
    authentication,
    warnings,
    refused,
  }
}
