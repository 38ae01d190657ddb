/** Owns what the sandbox command makes for one run, and the words in which it says so. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { FAULTS_PATH } from '../../sandbox/api/faults.ts'
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts'
import { SCOPES } from '../../sandbox/org/tokens.ts'

const CLIENT_ID = '0oasandboxserviceapp'
const HOOK_CLIENT_ID = '0oasandboxhookclient'
const HOOK_SCOPE = 'okta.hook'

type Service = Required<Pick<SandboxOptions, 'apps' | 'hookClients'>>

/** A service app as the Admin Console makes it, and a client with whose tokens the hook can be called. */
export const createService = (requiresDpop: boolean) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const hookSecret = randomBytes(24).toString('base64url')
  const service: Service = {
    apps: [
      {
        clientId: CLIENT_ID,
        keys: [publicKey.export({ format: 'jwk' })],
        scopes: SCOPES,
        requiresDpop,
      },
    ],
    hookClients: [{ clientId: HOOK_CLIENT_ID, clientSecret: hookSecret, scopes: [HOOK_SCOPE] }],
  }
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().trim()
  return { service, pem, hookSecret }
}

export const announceService = (url: string, pem: string, hookSecret: string): string => `
  As a service app (private_key_jwt), instead of the token:

export OKTA_CLIENT_ID=${CLIENT_ID}
export OKTA_PRIVATE_KEY='${pem}'

  For a hook whose channel is OAUTH (client_secret_post):

    token URL      ${url}/oauth2/default/v1/token
    client id      ${HOOK_CLIENT_ID}
    client secret  ${hookSecret}
    scope          ${HOOK_SCOPE}
    issuer         ${url}/oauth2/default   (keys at /v1/keys, audience api://default)
`

/** What a script needs of a sandbox that is ready. */
export const readyEvent = (
  url: string,
  token: string,
  made: ReturnType<typeof createService> | undefined,
  { groups, userTypes }: Pick<Sandbox, 'groups' | 'userTypes'>,
): object => ({
  event: 'ready',
  url,
  token,
  faultsUrl: url + FAULTS_PATH,
  groups: groups.map(({ id, profile }) => ({ id, name: profile.name })),
  userTypes: userTypes.map(({ id, name }) => ({ id, name })),
  ...(made && {
    serviceApp: { clientId: CLIENT_ID, privateKey: made.pem },
    hookClient: {
      tokenUrl: `${url}/oauth2/default/v1/token`,
      clientId: HOOK_CLIENT_ID,
      clientSecret: made.hookSecret,
      scope: HOOK_SCOPE,
      issuer: `${url}/oauth2/default`,
    },
  }),
})

/** The ids that an import needs: of groups and user types, where there are some of its own. */
export const announceIds = ({
  groups,
  userTypes,
}: Pick<Sandbox, 'groups' | 'userTypes'>): string => {
  const lines = [
    ...groups.map(({ id, profile }) => `    group      ${id}  ${profile.name}`),
    ...userTypes.map(({ id, name }) => `    user type  ${id}  ${name}`),
  ]
  return lines.length > 2 ? `\n  Ids:\n\n${lines.join('\n')}\n` : ''
}

export const announce = (url: string, token: string, service: string): string => `
  AN OKTA TO PRACTISE ON, at ${url}. It keeps its users in memory and ends with them.

export OKTA_ORG_URL=${url}
export OKTA_API_TOKEN=${token}
${service}
  Users and their lifecycle, their schema and types, groups, inline hooks,
  sign-in (POST /api/v1/authn), System Log, OAuth tokens.

  Signs in, and asks the password import hook while the user has no password in Okta:

curl -sS -w '\\n' ${url}/api/v1/authn -H 'content-type: application/json' -d '{"username":"…","password":"…"}'

  Makes half of all answers get lost, from now on:

curl -sS -w '\\n' -X PUT ${url}${FAULTS_PATH} -H 'content-type: application/json' -d '{"resetAfterRate":0.5}'

  Ctrl-C ends the sandbox.

`
