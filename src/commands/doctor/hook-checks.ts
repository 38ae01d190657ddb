/** The table of checks of what a call needs: the hook as the org has it, and with OAuth the keys of the issuer. */
import { HOOK_PATH } from '../../hook/app.ts'
import { FETCH_MS } from '../../hook/oauth/jwks-cache.ts'
import { fetchKeys } from '../../hook/oauth/jwks.ts'
import { countUsableKeys } from '../../hook/oauth/usable-keys.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import { isSafeUrl, withoutUser } from '../../http/url.ts'
import { authOf, type InlineHook } from '../../okta/api/inline-hooks.ts'
import { NotGranted } from '../../okta/errors/rejection.ts'
import { numberOf } from '../../text/figure.ts'
import { printable } from '../../text/printable.ts'
import { describeAuth } from '../register/messages.ts'
import { HOOK_SCOPE, NO_SERVER, type OrgDeps } from './org-deps.ts'
import { failedWith, type Check, type Found } from './table.ts'

type HookCheck = Check<OrgDeps>

const ROTATE = 'okta-migrate register --rotate'

/** Whether the server would believe what Okta sends. */
const schemeFindings = (hook: InlineHook, { server }: OrgDeps): Found[] => {
  const [sent, auth] = [authOf(hook), server()?.auth]
  if (sent.type === 'none') return [failedWith('Okta sends no secret to the hook.', ROTATE)]
  if (!auth) return []
  if (sent.type === 'header') {
    const { authHeader: header, secrets } = auth
    if (!secrets) return [failedWith('Okta sends a secret, and the server has only OAuth.', ROTATE)]
    if (sent.key.toLowerCase() === header) return []
    const text = `Okta sends the secret in the header ${printable(sent.key)}, and HOOK_AUTH_HEADER is ${header}.`
    return [failedWith(text, ROTATE)]
  }
  if (sent.type !== 'oauth')
    return [failedWith(`Okta authenticates ${describeAuth(hook)}.`, ROTATE)]
  if (!auth.oauth)
    return [failedWith('Okta uses OAuth, and the server has no HOOK_OAUTH_….', ROTATE)]
  if (sent.clientId === auth.oauth.clientId) return []
  const text = `Okta calls as the client ${printable(sent.clientId)}, and HOOK_OAUTH_CLIENT_ID is another.`
  return [failedWith(text, `${ROTATE} --oauth-client-id …, or correct HOOK_OAUTH_CLIENT_ID`)]
}

const urlFindings = (uri: string, { options: { url } }: OrgDeps): Found[] => {
  const shown = printable(withoutUser(uri), 1024)
  if (url !== undefined && url !== uri)
    return [failedWith(`The org has another URL, ${shown}.`, `${ROTATE} --url ${url}`)]
  if (!isSafeUrl(uri)) return [failedWith(`${shown} is not https.`, `${ROTATE} --url https://…`)]
  if (new URL(uri).pathname === HOOK_PATH) return []
  const text = `The path of ${shown} is not ${HOOK_PATH}: a proxy must change it.`
  return [{ level: 'warning', text }]
}

const hook: HookCheck = {
  name: 'hook',
  needs: ['org'],
  run: async (deps) => {
    const { hooks } = deps.found
    if (hooks instanceof NotGranted)
      return [{ level: 'unknown', text: `The token may not see hooks: ${HOOK_SCOPE} is missing.` }]
    const [own] = hooks ?? []
    if (!own)
      return [
        failedWith(
          'The org has no password import inline hook.',
          'okta-migrate register --url https://hook.example.com',
        ),
      ]
    const { uri } = own.channel.config
    const findings = [...urlFindings(uri, deps), ...schemeFindings(own, deps)]
    if (own.status !== 'ACTIVE') {
      const text = `Okta does not call it: it is ${printable(own.status)}. After a cut-off this is right.`
      findings.push(failedWith(text, 'okta-migrate register --activate'))
    }
    const text = `${printable(withoutUser(uri), 1024)}, ${printable(own.status)}, authenticates ${describeAuth(own)}.`
    return findings.length > 0 ? findings : [{ level: 'ok', text }]
  },
}

const UNUSABLE =
  'The hook takes RS256 only, with RSA keys of 2048 bits or more that have a kid of their own.'

/** A server fetches them at its first call at the latest, and refuses every token until it has them. */
const keys: HookCheck = {
  name: 'keys',
  run: async ({ server, clock, context: { env } }) => {
    const settings = server()
    if (!settings) return [NO_SERVER]
    const { oauth } = settings.auth
    if (!oauth) return []
    const fetched = await fetchKeys({ clock, fetch: fetchFrom(env) }, oauth, FETCH_MS)
    const { usable, all } = await countUsableKeys(fetched)
    if (usable === 0) {
      const text = `The hook can use none of the ${numberOf(all, 'key')} of ${oauth.issuer}.`
      return [failedWith(text, UNUSABLE)]
    }
    return [
      { level: 'ok', text: `The hook can use ${numberOf(usable, 'key')} of ${oauth.issuer}.` },
    ]
  },
  fix: 'Correct HOOK_OAUTH_ISSUER or HOOK_OAUTH_JWKS_URL, and let the server reach it (HTTPS_PROXY).',
}

export const HOOK_CHECKS: readonly HookCheck[] = [hook, keys]
