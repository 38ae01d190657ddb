/** The certificate: checked at the start, and loaded again when it is renewed. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { listen } from '../../src/ops/listen.ts'
import { readTls, type TlsFiles } from '../../src/ops/tls.ts'
import { makeCertificate } from '../support/certificate.ts'
import { ManualClock } from '../support/clock.ts'
import { tempDir } from '../support/temp.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const serve = async (tls: TlsFiles) => {
  const clock = new ManualClock()
  const reports: (string | undefined)[] = []
  const listener = await listen({
    fetch: () => new Response('ok'),
    host: '127.0.0.1',
    port: 0,
    tls,
    clock,
    onRenewal: (err) => reports.push(err?.code),
  })
  onTestFinished(() => listener.close())
  return { clock, reports, url: listener.url, endsAtMs: listener.certificateEndsAtMs }
}

/** The common name in the certificate that the server shows. */
const shownName = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      resolve(String(CN))
    })
    socket.on('error', reject)
  })

describe('the listener', () => {
  it('speaks HTTPS, and uses a renewed certificate within a minute', async () => {
    const dir = tempDir()
    const tls = makeCertificate(dir, 'first')
    const renewed = makeCertificate(dir, 'second', 9)
    const { clock, reports, url, endsAtMs } = await serve(tls)
    const daysLeft = (): number => Math.round(((endsAtMs() ?? 0) - Date.now()) / DAY_MS)
    expect(daysLeft()).toBe(1)
    expect(await shownName(url)).toBe('first')
    clock.advance(60_000)
    expect(reports).toEqual([])

    copyFileSync(renewed.certFile, tls.certFile)
    clock.advance(60_000)
    expect(reports).toEqual(['tls_unusable'])
    expect(await shownName(url)).toBe('first')
    expect(daysLeft()).toBe(1)

    copyFileSync(renewed.keyFile, tls.keyFile)
    clock.advance(60_000)
    expect(reports).toEqual(['tls_unusable', undefined])
    expect(await shownName(url)).toBe('second')
    expect(daysLeft()).toBe(9)
  })

  it('reports which address it could not listen on', async () => {
    const first = await serve(makeCertificate(tempDir(), 'one'))
    const { hostname, port } = new URL(first.url)
    const second = listen({
      fetch: () => new Response('ok'),
      host: hostname,
      port: Number(port),
      tls: undefined,
      clock: new ManualClock(),
      onRenewal: () => undefined,
    })
    await expect(second).rejects.toMatchObject({
      code: 'listen_failed',
      detail: `${hostname}:${port} (EADDRINUSE)`,
    })
  })
})

describe('readTls', () => {
  it('refuses files that are missing, not PEM, or do not match', () => {
    const dir = tempDir()
    const one = makeCertificate(dir, 'one')
    const two = makeCertificate(dir, 'two')
    const text = join(dir, 'text')
    writeFileSync(text, 'no PEM')
    const details = [
      { ...one, keyFile: two.keyFile },
      { ...one, certFile: text },
      { ...one, keyFile: text },
      { ...one, keyFile: join(dir, 'missing') },
    ].map((files) => {
      try {
        return readTls(files)
      } catch (err) {
        return err
      }
    })
    expect(details).toMatchObject(details.map(() => ({ code: 'tls_unusable' })))
  })

  it('refuses a certificate that has expired', () => {
    const files = makeCertificate(tempDir(), 'ended')
    onTestFinished(() => void vi.useRealTimers())
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * DAY_MS })
    const detail = expect.stringContaining('the certificate ended on') as string
    expect(() => readTls(files)).toThrow(expect.objectContaining({ detail }) as Error)
  })
})
