/** The ops port of the built command: what is on it, what is not on the public one, and when it closes. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { makeCertificate } from '../support/certificate.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { seriesOf, sumOf } from '../support/metrics.ts'
import { holdCall } from '../support/raw.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'
const LOGIN = 'good@example.com'

const environment = (more: Record<string, string> = {}): Record<string, string> => {
  const path = makeLegacyDb(tempDir(), [{ login: LOGIN, hash: hashSync('open sesame', 4) }])
  const ours = { PORT: '0', OPS_PORT: '0', HOOK_SECRET: SECRET, LEGACY_DB_URL: `sqlite:${path}` }
  return { ...ours, ...more }
}

const start = async (more: Record<string, string> = {}) => {
  const server = startCommand(['serve'], environment(more))
  const [, ops = ''] = await server.until(/"opsUrl":"(http:[^"]+)"/)
  const [, base = ''] = await server.until(/"url":"(https?:[^"]+)"/)
  const call = (password: string, authorization: string): Promise<Response> => {
    const headers = { authorization, 'content-type': 'application/json' }
    const body = JSON.stringify(payload(LOGIN, password, { eventId: randomUUID() }))
    return fetch(base + HOOK_PATH, { method: 'POST', headers, body })
  }
  const metrics = async (): Promise<string> => (await fetch(`${ops}/metrics`)).text()
  return { ...server, ops, base, call, metrics }
}

const CALLS = 'okta_migrate_calls_total'

describe('the ops port', () => {
  it('counts the answers of the hook, and has a series for every possible answer', async () => {
    const { call, metrics, ops } = await start()
    await call('open sesame', SECRET)
    await call('not it', SECRET)
    await call('open sesame', 'not the secret')
    const text = await metrics()
    const counted = seriesOf(text, CALLS)
    expect(Object.entries(counted).filter(([, count]) => count > 0)).toEqual([
      [`${CALLS}{outcome="VERIFIED",reason="match"}`, 1],
      [`${CALLS}{outcome="UNVERIFIED",reason="mismatch"}`, 1],
      [`${CALLS}{outcome="FAILED",reason="unauthenticated"}`, 1],
    ])
    expect(counted).toMatchObject({
      [`${CALLS}{outcome="UNVERIFIED",reason="hash_truncated"}`]: 0,
      [`${CALLS}{outcome="FAILED",reason="overloaded"}`]: 0,
    })
    expect(
      Object.keys(counted).filter((name) => name.includes('VERIFIED",reason="match"')),
    ).toEqual([`${CALLS}{outcome="VERIFIED",reason="match"}`])
    expect(sumOf(text, 'okta_migrate_ready')).toBe(1)
    expect(sumOf(text, 'okta_migrate_ledger_database_up')).toBe(1)
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    const { headers } = await fetch(`${ops}/metrics`)
    expect(headers.get('content-type')).toContain('version=0.0.4')
  })

  it('has the probes, and not the hook', async () => {
    const { ops, base } = await start()
    const statusOf = async (url: string, method = 'GET'): Promise<number> =>
      (await fetch(url, { method })).status
    expect(await statusOf(`${ops}/livez`)).toBe(200)
    expect(await statusOf(`${ops}/readyz`)).toBe(200)
    expect(await statusOf(ops + HOOK_PATH, 'POST')).toBe(404)
    expect(await statusOf(`${base}/livez`)).toBe(200)
    expect(await statusOf(`${base}/readyz`)).toBe(200)
    expect(await statusOf(`${base}/metrics`)).toBe(404)
  })

  it('is open on this machine only, and closed unless it is configured', async () => {
    const { ops } = await start()
    expect(new URL(ops).hostname).toBe('127.0.0.1')
    const { until, stdout } = startCommand(['serve'], environment({ OPS_PORT: '' }))
    await until(/is ready/)
    expect(stdout()).not.toContain('opsUrl')
  })

  it('speaks plain HTTP even with TLS, and shows when the certificate expires', async () => {
    const { certFile, keyFile } = makeCertificate(tempDir(), 'localhost', 3)
    const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }
    const { base, metrics } = await start(tls)
    expect(base).toMatch(/^https:/)
    const name = 'okta_migrate_tls_certificate_not_after_timestamp_seconds'
    const secondsLeft = sumOf(await metrics(), name) - Date.now() / 1_000
    expect(Math.round(secondsLeft / 86_400)).toBe(3)
  })

  it('goes on to answer while calls are finished, and no longer', async () => {
    const { base, ops, child, until, metrics, ended } = await start({ HOOK_DEADLINE_MS: '2900' })
    const body = JSON.stringify(payload(LOGIN, 'open sesame'))
    const finish = await holdCall(base, HOOK_PATH, [
      `Authorization: ${SECRET}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ])
    child.kill('SIGTERM')
    await until(/finishing the work in progress/)
    expect(sumOf(await metrics(), 'okta_migrate_ready')).toBe(0)
    expect(await finish(body)).toContain('"VERIFIED"')
    expect((await ended).code).toBe(0)
    await expect(fetch(`${ops}/livez`)).rejects.toThrow()
  })

  it('stops the start if it is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    const { code, stderr } = await runCommand(['serve'], environment({ OPS_PORT: String(port) }))
    expect(code).toBe(2)
    expect(stderr).toMatch(/127\.0\.0\.1:\d+ \(EADDRINUSE\)[^]+OPS_PORT/)
  })
})

describe('the page about the campaign', () => {
  it('is on the ops port alone, and says that no status was saved', async () => {
    const { ops, base } = await start({ LEDGER_DB_URL: `sqlite:${tempDir()}/ledger.sqlite` })
    const page = await fetch(`${ops}/campaign`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('No status has been saved yet')
    expect((await fetch(`${base}/campaign`)).status).toBe(404)
  })

  it('needs the token on an address that others can reach', async () => {
    const token = 'a token of more than thirty-two characters'
    const server = await start({ OPS_HOST: '0.0.0.0', OPS_TOKEN: token })
    const url = `http://127.0.0.1:${new URL(server.ops).port}/campaign`
    expect((await fetch(url)).status).toBe(401)
    const authorization = `Basic ${Buffer.from(`me:${token}`).toString('base64')}`
    expect((await fetch(url, { headers: { authorization } })).status).toBe(200)
    expect(server.stdout()).not.toContain(token)
  })
})
