/** The server with its store and its ledger behind a pooler in transaction mode: sign-ins are decided and recorded. */
import { hashSync } from 'bcryptjs'
import { expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { startCommand } from '../support/command.ts'
import { describeEach, freshDatabase } from '../support/databases.ts'
import { payload } from '../support/hook.ts'
import { runSql } from '../support/ledger-sql.ts'
import { POOLER, startPooler } from '../support/pgbouncer.ts'

const SECRET = 'a secret of more than thirty-two characters'
const LOGIN = 'good@example.com'

await describeEach([POOLER], 'the server', ({ schema, create }) => {
  it('answers, and records each decision', async () => {
    const legacy = await create()
    const insert = `INSERT INTO accounts (login, password_hash) VALUES ('${LOGIN}', '${hashSync('open sesame', 4)}')`
    await legacy.exec(...schema, insert)
    const ledger = await freshDatabase(POOLER)
    const server = startCommand(['serve'], {
      PORT: '0',
      HOOK_SECRET: SECRET,
      FINGERPRINT_KEY: 'one key for every replica',
      LEGACY_DB_URL: await startPooler(legacy.url),
      LEDGER_DB_URL: await startPooler(ledger),
    })
    const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
    const signIn = async (eventId: string, password: string): Promise<string> => {
      const headers = { authorization: SECRET, 'content-type': 'application/json' }
      const body = JSON.stringify(payload(LOGIN, password, { eventId }))
      return (await fetch(base + HOOK_PATH, { method: 'POST', headers, body })).text()
    }
    expect(await signIn('first', 'open sesame')).toContain('"VERIFIED"')
    expect(await signIn('second', 'not it')).toContain('"UNVERIFIED"')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    const rows = await runSql(ledger, 'SELECT outcome, reason FROM ledger_decisions ORDER BY id')
    expect(rows).toEqual([
      { outcome: 'VERIFIED', reason: 'match' },
      { outcome: 'UNVERIFIED', reason: 'mismatch' },
    ])
    await legacy.drop()
  })
})
