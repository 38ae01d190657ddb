/** The whole server with a store that fails: 503 while it fails, and decisions again afterwards. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { describeEach, SERVERS, type TestDatabase } from '../support/databases.ts'
import { payload, SECRET } from '../support/hook.ts'
import { startProxy } from '../support/proxy.ts'

/** Long enough for a loaded machine, since valid calls must be answered within it. */
const DEADLINE_MS = '2900'

await describeEach(SERVERS, 'the hook over a store', ({ create, schema, defaultPort }) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    const hash = hashSync('open sesame', 4)
    await db.exec(
      ...schema,
      `INSERT INTO accounts (login, password_hash) VALUES ('good@example.com', '${hash}')`,
    )
  })
  afterAll(() => db.drop())

  it('answers 503 while it is down or hangs, and decides again when it is back', async () => {
    const proxy = await startProxy(new URL(db.url), defaultPort)
    const server = startCommand(['serve'], {
      PORT: '0',
      HOOK_SECRET: SECRET,
      HOOK_DEADLINE_MS: DEADLINE_MS,
      LEGACY_DB_URL: proxy.url,
    })
    const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
    const signIn = async (username: string): Promise<string> => {
      const response = await fetch(base + HOOK_PATH, {
        method: 'POST',
        headers: { authorization: SECRET, 'content-type': 'application/json' },
        body: JSON.stringify(payload(username, 'open sesame', { eventId: randomUUID() })),
      })
      const credential = /"(?:UN)?VERIFIED"/.exec(await response.text())?.[0] ?? ''
      return `${response.status} ${credential}`
    }
    const isReady = async (): Promise<number> => (await fetch(`${base}/readyz`)).status

    expect(await signIn('Good@Example.com')).toBe('200 "VERIFIED"')
    expect(await signIn('good')).toBe('200 "VERIFIED"')
    expect(await signIn('nobody')).toBe('200 "UNVERIFIED"')
    // Nothing typed into a sign-in page can cause an outage.
    expect(await signIn('good\0')).toBe('200 "UNVERIFIED"')
    expect(await signIn('good\ud800')).toBe('200 "UNVERIFIED"')

    proxy.stall()
    expect(await signIn('good')).toBe('503 ')
    proxy.down()
    expect(await signIn('good')).toBe('503 ')
    expect(await isReady()).toBe(503)
    proxy.pass()
    await proxy.up()
    expect(await signIn('good')).toBe('200 "VERIFIED"')
    expect(await isReady()).toBe(200)

    server.child.kill('SIGTERM')
    const { code, stdout } = await server.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/"reason":"legacy_unavailable","detail":"no answer in time"/)
    expect(stdout).toMatch(/"cause":\{[^}]*"code":"ECONNREFUSED"/)
  })
})
