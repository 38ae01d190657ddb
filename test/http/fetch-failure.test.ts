/** Why a fetch got no answer: each cause by its own words, with the host and what to do. */
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchFailureOf } from '../../src/http/fetch-failure.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { makeCertificate } from '../support/certificate.ts'
import { tempDir } from '../support/temp.ts'

const troubleAt = (href: string) => {
  const url = new URL(href)
  return fetchFrom({})(url, {}).then(
    () => undefined,
    (err: unknown) => fetchFailureOf(err, url),
  )
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

describe('a fetch without an answer', () => {
  it('names the certificate that is not trusted, and the variable that helps', async () => {
    const { certFile, keyFile } = makeCertificate(tempDir(), 'mine')
    const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    const port = await listen(createTlsServer(files))
    const trouble = await troubleAt(`https://localhost:${port}/`)
    expect(trouble?.fate).toBe('untrusted')
    expect(trouble?.reason).toMatch(
      /^the certificate of localhost:\d+ is not trusted: .*NODE_EXTRA_CA_CERTS.* \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
  })

  it('names a host that speaks no TLS', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')))
    const trouble = await troubleAt(`https://localhost:${port}/`)
    expect(trouble).toMatchObject({ fate: 'untrusted' })
    expect(trouble?.reason).toMatch(/^localhost:\d+ does not speak TLS as it should/)
  })

  it('names a host that speaks no HTTP', async () => {
    const port = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('220 mail ready\r\n'))),
    )
    const trouble = await troubleAt(`http://localhost:${port}/`)
    expect(trouble).toMatchObject({ fate: 'unusable' })
    expect(trouble?.reason).toMatch(/^what localhost:\d+ answered is not HTTP$/)
  })

  it('names a proxy in the way that wants a login, without a CONNECT', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 407 No\r\ncontent-length: 4\r\n\r\nhalt'))
      }),
    )
    const trouble = await troubleAt(`http://localhost:${port}/`)
    expect(trouble).toMatchObject({ fate: 'barred' })
    expect(trouble?.reason).toMatch(/wants a login \(407\)/)
  })

  it('names the name that DNS does not know', async () => {
    const trouble = await troubleAt('https://acme.okta.invalid/')
    expect(trouble).toMatchObject({ fate: 'unsent' })
    expect(trouble?.reason).toMatch(
      /^DNS .*acme\.okta\.invalid: .*HTTPS_PROXY \((ENOTFOUND|EAI_AGAIN)\)$/,
    )
  })

  const url = new URL('https://acme.okta.com/')
  const failure = (code: string, more = {}) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code, ...more }) })

  it.each([
    [
      'ECONNREFUSED',
      { syscall: 'connect', address: '10.0.0.1', port: 443 },
      /^acme\.okta\.com refuses connections at 10\.0\.0\.1:443 /,
    ],
    ['UND_ERR_CONNECT_TIMEOUT', {}, /^acme\.okta\.com cannot be reached: .*HTTPS_PROXY/],
    ['ENETUNREACH', { syscall: 'connect' }, /^acme\.okta\.com cannot be reached/],
  ])('and %s is one of which nothing was sent', (code, more, words) => {
    const trouble = fetchFailureOf(failure(code, more), url)
    expect(trouble.fate).toBe('unsent')
    expect(trouble.reason).toMatch(words)
  })

  it.each([
    ['CERT_HAS_EXPIRED', /has expired, or this clock is wrong/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /is not one for acme\.okta\.com/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /NODE_EXTRA_CA_CERTS/],
  ])('and %s is one of trust', (code, words) => {
    const trouble = fetchFailureOf(failure(code), url)
    expect(trouble.fate).toBe('untrusted')
    expect(trouble.reason).toMatch(words)
  })

  it('of which nothing is known may have been processed', () => {
    expect(fetchFailureOf(failure('ECONNRESET'), url).fate).toBe('lost')
    expect(fetchFailureOf(new TypeError('odd'), url)).toEqual({
      fate: 'lost',
      reason: 'the request to acme.okta.com failed',
    })
  })
})
