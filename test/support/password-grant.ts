/** A real authorization server (oidc-provider) with the password grant, for one person. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { errors } from 'oidc-provider'
import { onTestFinished } from 'vitest'

export const CLIENT = { id: 'hook:1', secret: 'a+b c%:"' } as const

const PASSWORDS: Readonly<Record<string, string>> = { 'good@example.com': 'open +&=% sesamé' }

export const startAuthorizationServer = async (auth: 'basic' | 'post') => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: `client_secret_${auth}`,
        grant_types: ['password'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: { devInteractions: { enabled: false } },
  })
  provider.registerGrantType(
    'password',
    async (ctx) => {
      const { client } = ctx.oidc
      const { username, password } = ctx.oidc.params as Record<string, unknown>
      if (PASSWORDS[String(username)] !== password) throw new errors.InvalidGrant('wrong')
      const token = new provider.AccessToken({
        accountId: String(username),
        client,
        grantId: 'none',
        gty: 'password',
        scope: '',
      })
      ctx.body = { access_token: await token.save(), token_type: 'Bearer', expires_in: 60 }
    },
    ['username', 'password', 'scope'],
  )
  const answer = provider.callback()
  server.on('request', (req, res) => void answer(req, res))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${issuer}/token`
}
