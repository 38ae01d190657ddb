/** The ledger of the built command: where it is, what is in it, and how a start without one is refused. */
import { hashSync } from 'bcryptjs'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { makeLegacyDb, payload } from '../support/hook.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'
const LOGIN = 'good@example.com'

const environment = (more: Record<string, string> = {}): Record<string, string> => {
  const hash = hashSync('open sesame', 4)
  const logins = [LOGIN, 'here@example.com', 'there@example.com']
  const path = makeLegacyDb(
    tempDir(),
    logins.map((login) => ({ login, hash })),
  )
  return { PORT: '0', HOOK_SECRET: SECRET, LEGACY_DB_URL: `sqlite:${path}`, ...more }
}

const startServer = async (env: Record<string, string>, cwd?: string) => {
  const server = startCommand(['serve'], env, '', cwd)
  const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
  return {
    ...server,
    base,
    signIn: async (eventId: string, password: string, login = LOGIN): Promise<string> => {
      const headers = { authorization: SECRET, 'content-type': 'application/json' }
      const body = JSON.stringify(payload(login, password, { eventId }))
      return (await fetch(base + HOOK_PATH, { method: 'POST', headers, body })).text()
    },
    stop: async (): Promise<void> => {
      server.child.kill('SIGTERM')
      expect((await server.ended).code).toBe(0)
    },
  }
}

describe('the ledger', () => {
  it('has each decision once, with a fingerprint of the login', async () => {
    const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const server = await startServer(environment({ LEDGER_DB_URL: url }))
    await server.signIn('first', 'not it')
    await server.signIn('second', 'open sesame')
    await server.signIn('second', 'open sesame')
    await server.signIn('third', 'open sesame')
    const { ledger } = (await (await fetch(`${server.base}/readyz`)).json()) as {
      ledger: unknown
    }
    expect(ledger).toMatchObject({ database: 'ok', spill: 'ok', lost: 0 })
    await server.stop()
    const columns = 'okta_event_id, outcome, reason, hash_family, hash_cost'
    const rows = await runSql(url, `SELECT ${columns} FROM ledger_decisions ORDER BY id`)
    const hash = { hash_family: 'bcrypt', hash_cost: 4 }
    expect(rows).toEqual([
      { okta_event_id: 'first', outcome: 'UNVERIFIED', reason: 'mismatch', ...hash },
      { okta_event_id: 'second', outcome: 'VERIFIED', reason: 'match', ...hash },
      { okta_event_id: 'third', outcome: 'VERIFIED', reason: 'match', ...hash },
    ])
    const database = openLedgerDatabase({ url })
    const [account] = await database.accounts('', 10)
    await database.close()
    expect(account).toMatchObject({ state: 'verified_again', verifications: 2 })
    expect(account?.account).toMatch(/^[\w-]{16}$/)
    expect(server.stdout()).toContain(`"login":"${account?.account}"`)
  })

  it('has the login itself where that is switched on', async () => {
    const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const server = await startServer(environment({ LEDGER_DB_URL: url, LOG_LOGINS: 'plain' }))
    await server.signIn('first', 'not it')
    await server.stop()
    expect(await runSql(url, 'SELECT account FROM ledger_decisions')).toEqual([{ account: LOGIN }])
  })

  it('is a file in the working directory by default', async () => {
    const server = await startServer(environment())
    await server.stop()
    expect(readdirSync(server.cwd)).toEqual([
      'okta-migrate-ledger.sqlite',
      'okta-migrate-spill.sqlite',
    ])
    expect(server.stdout()).toContain('FINGERPRINT_KEY is not set')
  })

  it.each([
    ['it is switched off', () => environment({ LEDGER_DB_URL: 'off' })],
    ['this is the demo', () => ({ PORT: '0', TMPDIR: tempDir() })],
  ])('is not kept where %s', async (_, env) => {
    const server = await startServer(env())
    expect(await (await fetch(`${server.base}/readyz`)).json()).toMatchObject({ ledger: 'off' })
    await server.stop()
    expect(readdirSync(server.cwd)).toEqual([])
  })

  it('whose database is away delays no sign-in, and keeps its entries for the next start', async () => {
    const spillDir = tempDir()
    const away = {
      LEDGER_DB_URL: 'postgres://ledger:Q7ZqMarked7Qz@127.0.0.1:1/ledger',
      LEDGER_SPILL_DIR: spillDir,
      FINGERPRINT_KEY: 'a key that outlives secrets',
    }
    const first = await startServer(environment(away))
    expect(await first.signIn('kept', 'open sesame')).toContain('"VERIFIED"')
    expect(await (await fetch(`${first.base}/readyz`)).json()).toMatchObject({
      ready: true,
      ledger: { database: 'unreachable', lost: 0 },
    })
    await first.stop()
    expect(first.stdout()).not.toContain('Q7ZqMarked7Qz')
    const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const next = { ...away, LEDGER_DB_URL: url }
    await (await startServer(environment(next))).stop()
    expect(await runSql(url, 'SELECT okta_event_id FROM ledger_decisions')).toEqual([
      { okta_event_id: 'kept' },
    ])
  })
})

await describeEach(ALL_KINDS, 'two servers that share a ledger', (kind) => {
  it('count the guesses of both, each once', async () => {
    const shared = {
      LEDGER_DB_URL: await freshDatabase(kind),
      FINGERPRINT_KEY: 'a key that both have',
      GUESS_LIMIT: '5',
      HASH_WORKERS: '1',
    }
    const start = () => startServer(environment({ ...shared, LEDGER_SPILL_DIR: tempDir() }))
    const [here, there] = await Promise.all([start(), start()])
    type Server = typeof here
    const tryRight = (server: Server, login: string): Promise<string> =>
      server.signIn(randomUUID(), 'open sesame', login)
    const guess = async (server: Server, login: string, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await server.signIn(randomUUID(), 'open barley', login)
    }
    // Rows come in order: a server that knows the last guesses knows the earlier ones too.
    const spreadGuesses = async (from: Server, to: Server, login: string): Promise<void> => {
      await guess(from, login, 5)
      const isKnown = (): Promise<string> => tryRight(to, login)
      await expect.poll(isKnown, { timeout: 20_000 }).toContain('too_many_guesses')
    }
    await guess(here, LOGIN, 2)
    await guess(there, LOGIN, 2)
    await spreadGuesses(here, there, 'here@example.com')
    await spreadGuesses(there, here, 'there@example.com')
    for (const server of [here, there]) {
      expect(await tryRight(server, LOGIN)).toContain('"VERIFIED"')
      await guess(server, LOGIN, 1)
      expect(await tryRight(server, LOGIN)).toContain('too_many_guesses')
    }
    await Promise.all([here.stop(), there.stop()])
  })
})

describe('a start', () => {
  it('where the working directory cannot hold the default ledger goes on without one', async () => {
    const server = await startServer(environment(), '/proc')
    expect(server.stdout()).toMatch(/"level":"warn"[^\n]*LEDGER DISABLED/)
    expect(await (await fetch(`${server.base}/readyz`)).json()).toMatchObject({
      ready: true,
      ledger: 'off',
    })
    expect(await server.signIn('first', 'open sesame')).toContain('"VERIFIED"')
    await server.stop()
  })

  it('with a directory for entries that cannot be written is refused', async () => {
    const { code, stderr } = await runCommand(['serve'], environment({ LEDGER_SPILL_DIR: '/proc' }))
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot be opened/)
  })

  it('with a ledger that cannot be written is refused, with what to do', async () => {
    const url = 'sqlite:/proc/ledger.sqlite'
    const { code, stderr } = await runCommand(['serve'], environment({ LEDGER_DB_URL: url }))
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot be opened[^]+\/proc\/[\w.-]+: E[^]+LEDGER_DB_URL=off/)
    expect(existsSync('/proc/ledger.sqlite')).toBe(false)
  })

  const SHARED = ['postgres', 'postgresql', 'mysql', 'mariadb']
  it.each(SHARED)(
    'with a ledger at %s:// and names that depend on HOOK_SECRET is refused',
    async (scheme) => {
      const LEDGER_DB_URL = `${scheme}://ledger@127.0.0.1:1/ledger`
      const { code, stderr } = await runCommand(['serve'], environment({ LEDGER_DB_URL }))
      expect(code).toBe(2)
      expect(stderr).toMatch(/FINGERPRINT_KEY is missing/)
    },
  )
})
