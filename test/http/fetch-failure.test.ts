/** Why a fetch got no answer: a sentence for each cause, with the host and what to do. */
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchFailureOf } from '../../src/http/fetch-failure.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { makeCertificate } from '../support/certificate.ts'
import { tempDir } from '../support/temp.ts'

const failureAt = (href: string) => {
  const url = new URL(href)
  return fetchFrom({})(url, { maxBytes: 1_000 }).then(
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
    const failure = await failureAt(`https://localhost:${port}/`)
    expect(failure?.kind).toBe('untrusted')
    expect(failure?.reason).toMatch(
      /^the certificate of localhost:\d+ is not trusted: .*NODE_EXTRA_CA_CERTS.* \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
  })

  it('names a host that speaks no TLS', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')))
    const failure = await failureAt(`https://localhost:${port}/`)
    expect(failure).toMatchObject({ kind: 'untrusted' })
    expect(failure?.reason).toMatch(
      /^the TLS connection to localhost:\d+ failed: .*NODE_EXTRA_CA_CERTS/,
    )
  })

  it('names a host that speaks no HTTP', async () => {
    const port = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('220 mail ready\r\n'))),
    )
    const failure = await failureAt(`http://localhost:${port}/`)
    expect(failure).toMatchObject({ kind: 'unusable' })
    expect(failure?.reason).toMatch(/^the answer of localhost:\d+ is not HTTP$/)
  })

  it('names a proxy that requires a login, where no CONNECT was sent', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 407 No\r\ncontent-length: 4\r\n\r\nhalt'))
      }),
    )
    const failure = await failureAt(`http://localhost:${port}/`)
    expect(failure).toMatchObject({ kind: 'proxy-refused' })
    expect(failure?.reason).toMatch(/requires a login \(407\)/)
  })

  it('names the host that DNS does not know', async () => {
    const failure = await failureAt('https://acme.okta.invalid/')
    expect(failure).toMatchObject({ kind: 'not-sent' })
    expect(failure?.reason).toMatch(
      /^DNS .*acme\.okta\.invalid: .*HTTPS_PROXY \((ENOTFOUND|EAI_AGAIN)\)$/,
    )
  })

  const url = new URL('https://acme.okta.com/')
  const systemError = (code: string, more = {}) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code, ...more }) })

  it.each([
    [
      'ECONNREFUSED',
      { syscall: 'connect', address: '10.0.0.1', port: 443 },
      /^acme\.okta\.com refuses connections at 10\.0\.0\.1:443 /,
    ],
    ['UND_ERR_CONNECT_TIMEOUT', {}, /^acme\.okta\.com cannot be reached: .*HTTPS_PROXY/],
    ['ENETUNREACH', { syscall: 'connect' }, /^acme\.okta\.com cannot be reached/],
  ])('with %s counts as not sent', (code, more, words) => {
    const failure = fetchFailureOf(systemError(code, more), url)
    expect(failure.kind).toBe('not-sent')
    expect(failure.reason).toMatch(words)
  })

  it.each([
    ['CERT_HAS_EXPIRED', /has expired, or this machine's clock is wrong/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /does not belong to acme\.okta\.com/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /NODE_EXTRA_CA_CERTS/],
  ])('with %s counts as a failure of trust', (code, words) => {
    const failure = fetchFailureOf(systemError(code), url)
    expect(failure.kind).toBe('untrusted')
    expect(failure.reason).toMatch(words)
  })

  it('with an unknown code may have been processed', () => {
    expect(fetchFailureOf(systemError('ECONNRESET'), url).kind).toBe('unknown')
    expect(fetchFailureOf(new TypeError('odd'), url)).toEqual({
      kind: 'unknown',
      reason: 'the request to acme.okta.com failed',
    })
  })
})
