/** Requests to Okta: through the proxy of the environment, but never for this machine itself. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchKeys } from '../../src/hook/oauth/jwks.ts'
import { fetchFailureOf } from '../../src/http/fetch-failure.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { makeCertificate } from '../support/certificate.ts'
import { ManualClock } from '../support/clock.ts'
import { runCommand } from '../support/command.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { JWKS_PATH, startIssuer } from '../support/issuer.ts'
import { startOkta } from '../support/okta-server.ts'
import { tempDir } from '../support/temp.ts'

const ORG = 'acme.okta.example'

/** An org that speaks TLS under a host name that DNS does not know. */
const startTlsOrg = async () => {
  const { certFile, keyFile } = makeCertificate(tempDir(), 'org', 1, ORG)
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const user = { id: '00u1', status: 'ACTIVE', profile: { login: 'admin@acme.example' } }
  const server = createServer(files, (_, res) => res.end(JSON.stringify(user)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, certFile }
}

const portOf = (url: string): number => Number(new URL(url).port)

describe('okta-migrate behind a proxy', () => {
  const getMe = (env: Record<string, string>) =>
    runCommand(['users', 'get', 'me', '--format', 'jsonl'], {
      OKTA_ORG_URL: `https://${ORG}`,
      OKTA_API_TOKEN: 'marked-token',
      ...env,
    })

  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'])(
    'calls Okta through %s, with its login',
    async (name) => {
      const { port, certFile } = await startTlsOrg()
      const proxy = await startConnectProxy(port)
      const env = { [name]: `http://me:p%40ss@${proxy.host}`, NODE_EXTRA_CA_CERTS: certFile }
      const { code, stdout, stderr } = await getMe(env)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('admin@acme.example')
      expect(proxy.asked).toEqual([{ target: `${ORG}:443`, login: 'me:p@ss' }])
    },
  )

  it('says what to do if the proxy inspects TLS, and that nothing was sent', async () => {
    const { port } = await startTlsOrg()
    const proxy = await startConnectProxy(port)
    const { code, stderr } = await getMe({ HTTPS_PROXY: proxy.host })
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /the certificate of acme\.okta\.example is not trusted: .*NODE_EXTRA_CA_CERTS/,
    )
  })

  it.each([
    [407, /does not let this program connect.*\n.*requires a login \(407\): add it to HTTPS_PROXY/],
    [
      403,
      /does not let this program connect.*\n.*refuses to connect to acme\.okta\.example \(403\)/,
    ],
    [502, /refuses to connect to acme\.okta\.example \(502\)/],
  ])('says at once that the proxy refuses, with %i', async (status, words) => {
    const proxy = await startConnectProxy(1, status)
    const { code, stderr } = await getMe({ HTTPS_PROXY: `http://me:secret@${proxy.host}` })
    expect(code).toBe(3)
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain('secret')
    expect(proxy.asked).toHaveLength(1)
  })

  it('names a proxy that cannot be reached, without its login', async () => {
    const { code, stderr } = await getMe({ HTTPS_PROXY: 'http://me:secret@127.0.0.1:1' })
    expect(code).toBe(3)
    expect(stderr).toContain('the proxy 127.0.0.1:1 cannot be reached: check HTTPS_PROXY')
    expect(stderr).not.toContain('secret')
  })

  it('does not flood a proxy that hangs up', async () => {
    const proxy = await startConnectProxy(1, 0)
    const { code, stderr } = await getMe({ HTTPS_PROXY: proxy.host })
    expect(code).toBe(3)
    expect(stderr).toContain(
      `the proxy ${proxy.host} cannot be reached: check HTTPS_PROXY (ECONNRESET)`,
    )
    expect(proxy.asked).toHaveLength(1)
  })

  it.each(['socks5://127.0.0.1:1', 'http://u:%zz@proxy', 'http://:1', 'ftp://x'])(
    'refuses an invalid proxy before anything is sent: %s',
    async (value) => {
      const { code, stderr } = await getMe({ HTTPS_PROXY: value })
      expect(code).toBe(2)
      expect(stderr).toContain('HTTPS_PROXY is not the URL of an HTTP proxy')
      expect(stderr).not.toContain(value)
    },
  )
})

describe('a fetch', () => {
  const get = (env: Record<string, string>, url: string) =>
    fetchFrom(env)(new URL(url), { maxBytes: 1_000 })

  it('never goes through a proxy to this machine itself', async () => {
    const okta = await startOkta(() => ({ body: {} }))
    const proxy = await startConnectProxy(portOf(okta.url))
    const env = { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}` }
    for (const host of ['127.0.0.1', 'localhost']) {
      const { status } = await get(env, `http://${host}:${portOf(okta.url)}/`)
      expect(status).toBe(200)
    }
    expect(proxy.asked).toEqual([])
  })

  it.each([
    'okta.example',
    '.okta.example',
    '*.okta.example',
    'x.example, acme.okta.example:80',
    '*',
  ])('goes straight to the hosts of NO_PROXY: %s', async (noProxy) => {
    const proxy = await startConnectProxy(1)
    const url = new URL(`http://${ORG}/`)
    const env = { HTTP_PROXY: proxy.host, no_proxy: noProxy }
    const failure = await fetchFrom(env)(url, { maxBytes: 1_000 }).catch((err: unknown) =>
      fetchFailureOf(err, url),
    )
    expect(failure).toMatchObject({ kind: 'not-sent' })
    expect((failure as { reason: string }).reason).toMatch(/^DNS .*acme\.okta\.example/)
    expect(proxy.asked).toEqual([])
  })

  it('prefers lower case, and ignores empty variables', async () => {
    const okta = await startOkta(() => ({ body: {} }))
    const proxy = await startConnectProxy(portOf(okta.url))
    await get({ http_proxy: proxy.host, HTTP_PROXY: 'http://127.0.0.1:1' }, `http://${ORG}/`)
    await get({ http_proxy: '', HTTP_PROXY: proxy.host, HTTPS_PROXY: '' }, `http://${ORG}/`)
    expect(proxy.asked).toHaveLength(2)
  })

  it('joins the values of a header that comes twice', async () => {
    const okta = await startOkta(() => ({ headers: { 'x-rate-limit-limit': ['600', '1200'] } }))
    const { headers } = await get({}, okta.url)
    expect(headers.get('X-Rate-Limit-Limit')).toBe('600, 1200')
    expect(headers.get('x-other')).toBeNull()
  })

  it('of an issuer’s keys goes through the same proxy', async () => {
    const issuer = await startIssuer()
    onTestFinished(() => issuer.close())
    const proxy = await startConnectProxy(portOf(issuer.url))
    const fetch = fetchFrom({ HTTP_PROXY: proxy.host })
    const where = { issuer: issuer.url, jwksUrl: `http://${ORG}${JWKS_PATH}` }
    const keys = await fetchKeys({ fetch, clock: new ManualClock() }, where, 5_000)
    expect(await keys({ alg: 'RS256', kid: 'first' })).toMatchObject({ type: 'public' })
    expect(proxy.asked).toMatchObject([{ target: `${ORG}:80` }])
  })
})
