/** The event hook of the built command: there only with a secret, on the public port, and no danger to a decision. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { EVENTS_PATH } from '../../src/hook/events/app.ts'
import { startCommand } from '../support/command.ts'
import { delivery, EVENT_SECRET, news } from '../support/events.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { runSql } from '../support/ledger-sql.ts'
import { seriesOf } from '../support/metrics.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const SECRET = 'a secret of more than thirty-two characters'
const LOGIN = 'good@example.com'
const EVENTS = 'okta_migrate_events_total'

const start = async (more: Record<string, string> = {}) => {
  const path = makeLegacyDb(tempDir(), [{ login: LOGIN, hash: hashSync('open sesame', 4) }])
  const ours = { PORT: '0', OPS_PORT: '0', HOOK_SECRET: SECRET, LEGACY_DB_URL: `sqlite:${path}` }
  const server = startCommand(['serve'], { ...ours, EVENT_HOOK_SECRET: EVENT_SECRET, ...more })
  const [, ops = ''] = await server.until(/"opsUrl":"(http:[^"]+)"/)
  const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
  const post = (path: string, authorization: string, body: string): Promise<Response> => {
    const headers = { authorization, 'content-type': 'application/json' }
    return fetch(base + path, { method: 'POST', headers, body })
  }
  const tell = (count: number, secret = EVENT_SECRET) =>
    post(EVENTS_PATH, secret, delivery(Array.from({ length: count }, () => news({ published }))))
  const signIn = async (secret = SECRET): Promise<string> => {
    const body = JSON.stringify(payload(LOGIN, 'open sesame', { eventId: randomUUID() }))
    return (await post(HOOK_PATH, secret, body)).text()
  }
  const counted = async (outcome: string): Promise<number | undefined> =>
    seriesOf(await (await fetch(`${ops}/metrics`)).text(), EVENTS)[
      `${EVENTS}{outcome="${outcome}"}`
    ]
  return { ...server, base, ops, tell, signIn, counted }
}

const published = new Date().toISOString()

describe('the event hook of a server', () => {
  it('counts events, which its ledger has at the latest when it ends', async () => {
    const ledger = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const { tell, counted, ops, child, ended } = await start({ LEDGER_DB_URL: ledger })
    expect((await tell(3)).status).toBe(204)
    expect((await tell(3, SECRET)).status).toBe(401)
    expect(await counted('kept')).toBe(3)
    expect((await fetch(ops + EVENTS_PATH)).status).toBe(404)
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    expect(await runSql(ledger, 'SELECT count(*) AS n FROM ledger_events')).toEqual([{ n: 3 }])
    // Evidence and decisions know nothing of them.
    expect(await runSql(ledger, 'SELECT count(*) AS n FROM ledger_decisions')).toEqual([{ n: 0 }])
    expect(await runSql(ledger, 'SELECT count(*) AS n FROM ledger_accounts')).toEqual([{ n: 0 }])
  })

  it('is not there without a secret, and its secret opens nothing else', async () => {
    const { tell } = await start({ EVENT_HOOK_SECRET: '' })
    expect((await tell(1)).status).toBe(404)
    const { signIn } = await start()
    expect(await signIn(EVENT_SECRET)).toContain('could not be authenticated')
  })

  it('drops events where the database hangs, and no decision', async () => {
    const hanging = createServer().listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    onTestFinished(() => void hanging.close())
    const { port } = hanging.address() as AddressInfo
    const url = `postgres://nobody@127.0.0.1:${port}/ledger?sslmode=disable`
    const { tell, signIn, counted, base } = await start({
      ...{ LEDGER_DB_URL: url, LEDGER_SPILL_DIR: tempDir() },
      FINGERPRINT_KEY: 'the key of fingerprints',
    })
    for (let call = 0; call < 23; call++) expect((await tell(1_000)).status).toBe(204)
    expect(await counted('kept')).toBe(20_000)
    expect(await counted('dropped')).toBe(3_000)
    expect(await signIn()).toContain('"VERIFIED"')
    await until('the decision is kept', async () => {
      const { ledger } = (await (await fetch(`${base}/readyz`)).json()) as {
        ledger: { waiting: number; lost: number }
      }
      expect(ledger.lost).toBe(0)
      return ledger.waiting === 1
    })
  })
})
