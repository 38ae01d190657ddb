/** Creates the credentials of one sandbox, and describes them to people and scripts. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { FAULTS_PATH } from '../../sandbox/http/faults.ts'
import type { SimulatedPerson } from '../../sandbox/people/crowd.ts'
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts'
import { SCOPES } from '../../sandbox/org/tokens.ts'

const CLIENT_ID = '0oasandboxserviceapp'
const HOOK_CLIENT_ID = '0oasandboxhookclient'
const HOOK_SCOPE = 'okta.hook'

/** With the attributes of a profile, named as in Okta. */
const AUDIT_SQL =
  'SELECT id, login, password_hash, enabled, last_login, login AS "email", ' +
  'first_name AS "firstName", last_name AS "lastName" FROM accounts'

type Ids = Pick<Sandbox, 'groups' | 'userTypes'>

/** A service app as the Admin Console creates it, and a client that gets tokens to call the hook. */
export const createService = (requiresDpop: boolean) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicJwk = publicKey.export({ format: 'jwk' })
  const hookSecret = randomBytes(24).toString('base64url')
  const options = {
    apps: [{ clientId: CLIENT_ID, keys: [publicJwk], scopes: SCOPES, requiresDpop }],
    hookClients: [{ clientId: HOOK_CLIENT_ID, clientSecret: hookSecret, scopes: [HOOK_SCOPE] }],
  } satisfies SandboxOptions
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().trim()
  return { options, pem, hookSecret }
}

export const announceService = (url: string, pem: string, hookSecret: string): string => `
  As a service app (private_key_jwt), instead of the token:

export OKTA_CLIENT_ID=${CLIENT_ID}
export OKTA_PRIVATE_KEY='${pem}'

  For a hook with a channel of type OAUTH (client_secret_post):

    token URL      ${url}/oauth2/default/v1/token
    client id      ${HOOK_CLIENT_ID}
    client secret  ${hookSecret}
    scope          ${HOOK_SCOPE}
    issuer         ${url}/oauth2/default   (keys at /v1/keys, audience api://default)
`

/** What a script needs to use the sandbox. */
export const readyEvent = (
  url: string,
  token: string,
  created: ReturnType<typeof createService> | undefined,
  { groups, userTypes }: Ids,
): object => ({
  event: 'ready',
  url,
  token,
  faultsUrl: url + FAULTS_PATH,
  groups: groups.map(({ id, profile }) => ({ id, name: profile.name })),
  userTypes: userTypes.map(({ id, name }) => ({ id, name })),
  ...(created && {
    serviceApp: { clientId: CLIENT_ID, privateKey: created.pem },
    hookClient: {
      tokenUrl: `${url}/oauth2/default/v1/token`,
      clientId: HOOK_CLIENT_ID,
      clientSecret: created.hookSecret,
      scope: HOOK_SCOPE,
      issuer: `${url}/oauth2/default`,
    },
  }),
})

/** The ids of groups and user types for imports, unless there are only those of every org. */
export const announceIds = ({ groups, userTypes }: Ids): string => {
  const lines = [
    ...groups.map(({ id, profile }) => `    group      ${id}  ${profile.name}`),
    ...userTypes.map(({ id, name }) => `    user type  ${id}  ${name}`),
  ]
  return lines.length > 2 ? `\n  Ids:\n\n${lines.join('\n')}\n` : ''
}

/** How to move the people, with the legacy store that fits them. */
export const announcePeople = (
  people: readonly SimulatedPerson[],
  legacy: string | undefined,
): string => {
  const [first] = people
  if (!first) return ''
  const { login, password } = first
  const store =
    legacy &&
    `
  Their legacy store, for audit, serve and status:

export LEGACY_DB_URL=sqlite:${resolve(legacy)}
export LEGACY_AUDIT_SQL='${AUDIT_SQL}'
`
  return `
  ${people.length} people, who sign in when the clock jumps over their next visit.
  The first is ${login}, with the password "${password}"; the others count on.
${store ?? ''}`
}

export const announce = (url: string, token: string, service: string): string => `
  AN OKTA ORG TO PRACTISE ON, at ${url}. Its users are in memory, and are gone when it stops.

export OKTA_ORG_URL=${url}
export OKTA_API_TOKEN=${token}
${service}
  It has users with their lifecycle, schema and types, groups, inline and event hooks,
  sign-in (POST /api/v1/authn), the System Log and OAuth tokens.

  To sign in; the password import hook is called while the user has no password in Okta:

curl -sS -w '\\n' ${url}/api/v1/authn -H 'content-type: application/json' -d '{"username":"…","password":"…"}'

  To lose half of all answers from now on:

curl -sS -w '\\n' -X PUT ${url}${FAULTS_PATH} -H 'content-type: application/json' -d '{"resetAfterRate":0.5}'

  Ctrl-C stops the sandbox.

`
