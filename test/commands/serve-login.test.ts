/** `serve` and `check` over a legacy login: the built command in a separate process. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { payload } from '../support/hook.ts'
import { answerFor, resultOf, startLoginServer } from '../support/login-server.ts'

const SECRET = 'a secret of more than thirty-two characters'
const GOOD = 'good@example.com'
const PASSWORD = 'open sesame'
const KEY = 'marked-secret-of-the-endpoint'

const FIX_AWAY = 'Start the system that LEGACY_LOGIN_URL names, or correct the URL.'

const environment = (url: string): Record<string, string> => ({
  ...{ PORT: '0', HOOK_SECRET: SECRET, LOG_LEVEL: 'debug' },
  ...{ LEGACY_LOGIN_URL: `${url}?marked=query`, LEGACY_LOGIN_HEADER: `x-api-key: ${KEY}` },
})

const startLegacy = (answer: (body: string) => string = answerFor) =>
  startLoginServer(({ method, body }, _, res) => {
    if (method === 'HEAD') res.writeHead(405).end()
    else res.writeHead(200, { 'content-type': 'application/json' }).end(answer(body))
  })

describe('serve over a legacy login', () => {
  it('decides, is not ready without it, and writes down no password', async () => {
    const legacy = await startLegacy()
    const server = startCommand(['serve'], environment(legacy.url))
    const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
    const ready = async (): Promise<number> => (await fetch(`${base}/readyz`)).status
    const signIn = async (login: string, password: string): Promise<string> => {
      const headers = { authorization: SECRET, 'content-type': 'application/json' }
      const body = JSON.stringify(payload(login, password, { eventId: randomUUID() }))
      const answer = await fetch(base + HOOK_PATH, { method: 'POST', headers, body })
      return `${answer.status} ${/(?:UN)?VERIFIED/.exec(await answer.text())?.[0] ?? ''}`
    }
    expect(await signIn(GOOD, PASSWORD)).toBe('200 VERIFIED')
    expect(await signIn(GOOD, 'open barley')).toBe('200 UNVERIFIED')
    expect(await signIn('nobody@example.com', PASSWORD)).toBe('200 UNVERIFIED')
    expect(await ready()).toBe(200)
    await legacy.close()
    expect(await signIn(GOOD, PASSWORD)).toBe('503 ')
    expect(await ready()).toBe(503)
    server.child.kill('SIGTERM')
    const { code, stdout, stderr } = await server.ended
    expect(code).toBe(0)
    expect(stdout).toContain('"detail":"127.0.0.1:')
    for (const text of [PASSWORD, 'open barley', KEY, 'marked=query', GOOD])
      expect(stdout + stderr).not.toContain(text)
  })

  it('is refused where the system lets in anybody', async () => {
    const { url } = await startLegacy(() => resultOf('match'))
    const { code, stderr, stdout } = await runCommand(['serve'], environment(url))
    expect(code).toBe(2)
    expect(stdout + stderr).toContain('Anybody could sign in')
  })
})

describe('check of a legacy login', () => {
  it('ends with 0, 2 or 3, and says as a start does what to do where it is away', async () => {
    const good = await startLegacy()
    const bad = await startLegacy(() => resultOf('match'))
    const check = (url: string) => runCommand(['check'], environment(url))
    const served = await check(good.url)
    expect(served).toMatchObject({ code: 0 })
    expect(served.stdout).toMatch(/^ok +accounts +The legacy login lets nobody in/m)
    expect(served.stdout).toMatch(/^ok +times +The legacy login has no hashes/m)
    expect(await check(bad.url)).toMatchObject({ code: 2 })
    await good.close()
    const away = await check(good.url)
    expect(away).toMatchObject({ code: 3 })
    expect(away.stdout).toMatch(/cannot be reached right now \(127\.0\.0\.1:\d+ refuses/)
    expect(away.stdout).toContain(`Fix: ${FIX_AWAY} Until then`)

    const server = startCommand(['serve'], environment(good.url))
    await server.until(/"url":"(http:[^"]+)"/)
    server.child.kill('SIGTERM')
    const { code, stdout } = await server.ended
    expect(code).toBe(0)
    expect(stdout).toContain(`"fix":"${FIX_AWAY}","msg":"the legacy store cannot be reached`)
  })
  it.each([
    [401, 'answered 401'],
    [404, 'answered 404'],
    [302, 'answered 302'],
    [200, 'answered 200'],
  ])('says what was answered, and what to correct (%d)', async (status, words) => {
    const { url } = await startLoginServer((_, __, res) => {
      res.writeHead(status, { 'content-type': 'text/html', location: '/elsewhere' }).end('junk')
    })
    const { code, stdout } = await runCommand(['check'], environment(url))
    expect(stdout).toMatch(/^failed +store +It gives no answer that counts right now \(the legacy/m)
    expect(stdout).toContain(words)
    expect(stdout).toMatch(/Fix: Correct the path in LEGACY_LOGIN_URL, or set LEGACY_LOGIN_HEADER/)
    expect(stdout).not.toContain('Start the system')
    expect(code).toBe(3)
  })
})
