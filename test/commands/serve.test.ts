/** The built command in a separate process: start, demo, shutdown, and its messages when it cannot start. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hashSync } from 'bcryptjs'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { makeCertificate } from '../support/certificate.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { oauthEnvironment, startIssuer } from '../support/issuer.ts'
import { exchange, head, holdCall } from '../support/raw.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'

const environment = (more: Record<string, string> = {}): Record<string, string> => {
  const rows = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]
  const path = makeLegacyDb(tempDir(), rows)
  return { PORT: '0', HOOK_SECRET: SECRET, LEGACY_DB_URL: `sqlite:${path}`, ...more }
}

const READY = /"url":"(https?:[^"]+)"/

describe('the demo', () => {
  it('announces itself and prints two calls that do what they claim', async () => {
    const demo = startCommand(['serve'], { PORT: '0', TMPDIR: tempDir() })
    await demo.until(/Ctrl-C ends the demo/)
    expect(demo.stdout()).toContain('DEMO MODE')
    const calls = demo.stdout().match(/^curl .+$/gm) ?? []
    const answers = await Promise.all(
      calls.map(async (call) => (await promisify(execFile)('sh', ['-c', call])).stdout),
    )
    expect(answers).toEqual([
      '{"commands":[{"type":"com.okta.action.update","value":{"credential":"VERIFIED"}}]}\n',
      '{"commands":[{"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}\n',
    ])
    demo.child.kill('SIGINT')
    expect(await demo.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('leaves nothing behind', async () => {
    const dir = tempDir()
    const demo = startCommand(['serve'], { PORT: '0', TMPDIR: dir })
    await demo.until(/Ctrl-C ends the demo/)
    const [made] = readdirSync(dir)
    expect(made).toMatch(/^okta-migrate-demo-/)
    demo.child.kill('SIGTERM')
    await demo.ended
    expect(existsSync(join(dir, made ?? ''))).toBe(false)
  })
})

describe('production', () => {
  const PRODUCTION = { NODE_ENV: 'production', HOST: '0.0.0.0' }

  it('serves TLS itself, and its health check reaches it', async () => {
    const { certFile, keyFile } = makeCertificate(tempDir(), 'localhost')
    const env = environment({ ...PRODUCTION, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile })
    const server = startCommand(['serve'], env)
    const [, url = ''] = await server.until(READY)
    expect(url).toMatch(/^https:/)
    const PORT = new URL(url).port
    expect(await runCommand(['health'], { ...env, PORT })).toMatchObject({ code: 0 })
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    const dead = await runCommand(['health', '--json'], { ...env, PORT })
    expect(dead).toMatchObject({ code: 1, stdout: '{"alive":false}\n' })
  })

  it('does not parse a chunked body from a stranger', async () => {
    const server = startCommand(['serve'], environment())
    const [, url = ''] = await server.until(READY)
    const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked']
    const received = await exchange(url, [`${head(HOOK_PATH, headers)}2\r\n{}\r\n0\r\n\r\n`])
    expect(received).toMatch(/^HTTP\/1\.1 401 [^]*connection: close/i)
    server.child.kill('SIGINT')
    await server.ended
  })

  it('shows its configuration without its secrets', async () => {
    const server = startCommand(['serve'], environment({ NODE_ENV: 'production' }))
    await server.until(READY)
    expect(server.stdout()).toMatch(/"name":"\w+","lanes":\d+,"msg":"password engine ready"/)
    expect(server.stdout()).toContain('"HOOK_SECRET":"set"')
    expect(server.stdout()).not.toContain(SECRET)
  })
})

it('starts without a core that the platform cannot have, and reports it as an error', async () => {
  const hook = new URL('../support/no-argon2.mjs', import.meta.url).href
  const nodeArgs = ['--import', hook]
  const server = startCommand(['serve'], environment(), undefined, undefined, nodeArgs)
  await server.until(READY)
  await server.until(
    /"level":"error"[^\n]*"computes":"argon2","why":"Error: no binary","msg":"cannot check some hashes: calls for them fail"/,
  )
})

it('checks with the slower engine what WebAssembly computes wrongly, and tells of each', async () => {
  const hook = new URL('../support/wrong-sha.mjs', import.meta.url).href
  // Of `password`, by crypt() of libxcrypt 4.4.
  const hash = '$5$rounds=1000$KnownAnswer$MgbrMASiZ0GmIKhFVKhHdTPfJyckyqY35Kc3pI/gm50'
  const path = makeLegacyDb(tempDir(), [{ login: 'good@example.com', hash }])
  const env = environment({ LEGACY_DB_URL: `sqlite:${path}` })
  const server = startCommand(['serve'], env, undefined, undefined, ['--import', hook])
  const [, url = ''] = await server.until(READY)
  // All but the first core are made while it serves.
  await server.until(/"computes":"sha512crypt"/)
  const why = 'Error: The self-test failed with 1 of 1 lanes.'
  const warned = server
    .stdout()
    .matchAll(
      /"level":"warn"[^\n]*"computes":"(\w+)"[^\n]*"fallback":"([^"]+)"[^\n]*the slower one/g,
    )
  expect([...warned].map(([, computes, fallback]) => [computes, fallback])).toEqual([
    ['sha256crypt', why],
    ['sha512crypt', why],
  ])
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    engine: 'node:crypto',
    fallback: `sha256crypt: ${why}`,
  })
  const headers = { authorization: SECRET, 'content-type': 'application/json' }
  const signIn = async (password: string) => {
    const body = JSON.stringify(payload('good@example.com', password))
    return (await fetch(url + HOOK_PATH, { method: 'POST', headers, body })).text()
  }
  expect(await signIn('password')).toContain('"VERIFIED"')
  expect(await signIn('Password')).toContain('"UNVERIFIED"')
})

describe('OAuth', () => {
  it('alone accepts calls with a token, once the keys are there', async () => {
    const issuer = await startIssuer()
    onTestFinished(() => issuer.close())
    issuer.goDown()
    const FINGERPRINT_KEY = 'sixteen or more characters'
    const server = startCommand(
      ['serve'],
      environment({ ...oauthEnvironment(issuer), HOOK_SECRET: '', FINGERPRINT_KEY }),
    )
    const [, url = ''] = await server.until(READY)
    await server.until(/the issuer's keys could not be fetched/)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    issuer.comeBack()
    const ready = async () => (await fetch(`${url}/readyz`)).status
    await expect.poll(ready, { timeout: 25_000, interval: 500 }).toBe(200)
    const response = await fetch(url + HOOK_PATH, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await issuer.sign(Date.now())}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(payload('good@example.com', 'open sesame')),
    })
    expect(await response.text()).toContain('"VERIFIED"')
  })
})

describe('a start that fails', () => {
  it('measures no password check once it is refused', async () => {
    // No machine checks a cost of 14 in time for it: a check that measures to the end says so.
    const env = environment({ HOOK_DEADLINE_MS: '100', LEGACY_DB_URL: 'sqlite:/no/such.sqlite' })
    const { code, stdout, stderr } = await runCommand(['serve', '--json'], env)
    expect([code, stderr]).toEqual([2, expect.stringContaining('no file at /no/such.sqlite')])
    expect(stdout).not.toContain('bcrypt')
  })

  it.each([
    [2, { NODE_ENV: 'production' }, /HOOK_SECRET is missing/],
    [2, { NODE_ENV: 'production', HOOK_SECERT: SECRET }, /Did you mean HOOK_SECRET\?/],
    [2, { HOOK_SECRET: SECRET, LEGACY_DB_URL: 'sqlite:/not/there' }, /LEGACY_DB_URL/],
    [2, { HOOK_SECRET: SECRET, LEGACY_DB_URL: 'sqlite:/dev/null' }, /\/dev\/null is not a file/],
  ])('ends with %i for %j and says how to fix it', async (code, env, message) => {
    const ended = await runCommand(['serve'], env)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toMatch(/\n {4}at /)
    expect(ended.stderr).not.toContain(SECRET)
  })

  it('because of a wrong argument ends with 2 and a hint', async () => {
    expect(await runCommand(['serv'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean serve') as string,
    })
  })
})

describe('--help', () => {
  it('lists the commands, and for serve every variable and an example', async () => {
    expect((await runCommand(['--help'])).stdout).toContain('serve')
    const { code, stdout } = await runCommand(['serve', '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n[^]+HOOK_SECRET\n.+exactly as entered in Okta/)
  })
})

describe('a signal', () => {
  const CALL = JSON.stringify(payload('good@example.com', 'open sesame'))
  const HEADERS = { authorization: SECRET, 'content-type': 'application/json' }

  const start = async (more: Record<string, string> = {}) => {
    const server = startCommand(['serve'], environment(more))
    const [, url = ''] = await server.until(READY)
    const signal = async (name: NodeJS.Signals): Promise<void> => {
      server.child.kill(name)
      await server.until(/finishing the work in progress/)
    }
    return { server, url, signal }
  }

  const startWithCall = async (delayMs: number) => {
    const started = await start({ HOOK_DEADLINE_MS: '2900', DRAIN_DELAY_MS: String(delayMs) })
    const finish = await holdCall(started.url, HOOK_PATH, [
      `Authorization: ${SECRET}`,
      'Content-Type: application/json',
      `Content-Length: ${CALL.length}`,
    ])
    await started.signal('SIGTERM')
    return { ...started, finish }
  }

  it('lets a call under way finish, and ends with 0', async () => {
    const { server, url, finish } = await startWithCall(0)
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
    expect(await finish(CALL)).toMatch(/HTTP\/1\.1 200 OK\r\nconnection: close[^]+"VERIFIED"/)
    const { code, stdout } = await server.ended
    expect(code).toBe(0)
    expect(stdout).toContain('"msg":"the work in progress is finished"')
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'such as %s lets calls be decided during the delay, and idle connections delay nothing',
    async (name) => {
      const { server, url, signal } = await start({ DRAIN_DELAY_MS: '4000', OPS_PORT: '0' })
      const [, opsUrl = ''] = await server.until(/"opsUrl":"([^"]+)"/)
      const { hostname, port } = new URL(url)
      const idle = ['', 'POST / HTTP/1.1\r\nHo'].map((text) => {
        const socket = connect(Number(port), hostname).on('error', () => undefined)
        if (text !== '') socket.write(text)
        return socket
      })
      await Promise.all(idle.map((socket) => once(socket, 'connect')))
      await signal(name)
      for (const base of [url, opsUrl]) {
        const readyz = await fetch(`${base}/readyz`)
        expect([readyz.status, await readyz.json()]).toMatchObject([503, { draining: true }])
      }
      const reply = await fetch(url + HOOK_PATH, { method: 'POST', headers: HEADERS, body: CALL })
      expect(reply.headers.get('connection')).toBe('close')
      expect(await reply.text()).toContain('"VERIFIED"')
      expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('such as SIGINT, from a terminal, does not wait for a balancer', async () => {
    const { server, signal } = await start({ DRAIN_DELAY_MS: '10000' })
    await signal('SIGINT')
    expect((await server.ended).code).toBe(0)
  })

  it('such as SIGUSR1 opens no inspector', async () => {
    const { server, url, signal } = await start({ DRAIN_DELAY_MS: '0' })
    server.child.kill('SIGUSR1')
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    await signal('SIGTERM')
    // Node.js prints on stderr where its inspector listens.
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('that comes twice ends the server at once', async () => {
    const { server } = await startWithCall(10_000)
    server.child.kill('SIGTERM')
    expect(await server.ended).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('a second signal was received') as string,
    })
  })
})
