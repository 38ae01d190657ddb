/** Marked secrets go in by every input; no trace of them may come out by any output. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { reconcileCommand } from '../src/commands/reconcile/reconcile.ts'
import { statusCommand } from '../src/commands/status/status.ts'
import { HOOK_PATH } from '../src/hook/app.ts'
import { EVENTS_PATH } from '../src/hook/events/app.ts'
import { WorkerPool } from '../src/workers/pool.ts'
import { addMoved, addPending } from './support/campaign.ts'
import { ManualClock } from './support/clock.ts'
import { delivery, news } from './support/events.ts'
import { runCommand, startCommand } from './support/command.ts'
import { EVENT_ID, makeLegacyDb, payload, startHook } from './support/hook.ts'
import { runInProcess } from './support/in-process.ts'
import { KEYS, oauthEnvironment, startIssuer } from './support/issuer.ts'
import { planOf } from './support/passwords.ts'
import { startPurge } from './support/purge.ts'
import { exchange, head, sendAndDrop } from './support/raw.ts'
import { TOKEN } from './support/sandbox.ts'
import { tempDir } from './support/temp.ts'
import { tracesOf } from './support/traces.ts'
import { LEAKING_WORKER } from './support/workers.ts'

const MARK = 'Q7ZqMarked7Qz'
const PASSWORD = `pass "${MARK}" wörd ☕`
const SECRET = `Basic ${MARK}0123456789abcdefghijklmnop==`
const EVENT_SECRET = `Basic ${MARK}events0123456789abcdefghijkl==`
const HASH = hashSync(PASSWORD, 4)

const expectNoTrace = (text: string): void => {
  expect(text).not.toBe('')
  expect(tracesOf(MARK, PASSWORD, text)).toEqual([])
  expect(tracesOf(MARK, SECRET, text)).toEqual([])
  expect(tracesOf(MARK, EVENT_SECRET, text)).toEqual([])
  expect(text).not.toContain(HASH.slice(7))
}

/** Every way to hand in a password, with the header and the body that do it. */
const CALLS: readonly [what: string, body: string | Buffer, headers?: Record<string, string>][] = [
  ['a right password', JSON.stringify(payload('good@example.com', PASSWORD))],
  ['a wrong password', JSON.stringify(payload('good@example.com', `${PASSWORD}?`))],
  ['an unknown login', JSON.stringify(payload('nobody@example.com', PASSWORD))],
  ['a password typed as the login', JSON.stringify(payload(MARK, PASSWORD))],
  ['a damaged hash', JSON.stringify(payload('cut@example.com', PASSWORD))],
  ['broken JSON', `{"password":"${PASSWORD}"`],
  ['a bare string', JSON.stringify(PASSWORD)],
  ['a password of the wrong type', JSON.stringify(payload('good@example.com', [PASSWORD]))],
  ['a password as a name', JSON.stringify({ ...payload('a', 'b'), [PASSWORD]: PASSWORD })],
  ['bytes that are not UTF-8', Buffer.concat([Buffer.from(MARK), Buffer.from([0xff])])],
  ['another media type', PASSWORD, { 'content-type': 'text/plain' }],
  ['a wrong secret', PASSWORD, { authorization: MARK }],
  ['too large a body', MARK.repeat(10_000)],
  ['too large a password', JSON.stringify(payload('good@example.com', MARK.repeat(4_000)))],
]

describe('a trace of a secret', () => {
  it('would be noticed by this test', () => {
    const shown = [PASSWORD, JSON.stringify(PASSWORD), encodeURIComponent(PASSWORD)]
    const bytes = Buffer.from(PASSWORD)
    shown.push(...(['base64', 'base64url', 'hex'] as const).map((as) => bytes.toString(as)))
    expect(shown.filter((text) => tracesOf(MARK, PASSWORD, text).length === 0)).toEqual([])
  })

  it('is in no answer, output or file of a server that logs as much as it can', async () => {
    const dir = tempDir()
    const rows = [
      { login: 'good@example.com', hash: HASH },
      { login: 'cut@example.com', hash: HASH.slice(0, 50) },
    ]
    const path = makeLegacyDb(dir, rows)
    const issuer = await startIssuer()
    onTestFinished(() => issuer.close())
    const tokens = await Promise.all([
      issuer.sign(Date.now(), { note: MARK }),
      issuer.sign(Date.now(), { note: MARK, cid: MARK }),
      issuer.sign(Date.now(), { note: MARK }, KEYS.second),
    ])
    const server = startCommand(['serve'], {
      ...oauthEnvironment(issuer),
      PORT: '0',
      OPS_PORT: '0',
      TMPDIR: dir,
      LOG_LEVEL: 'debug',
      HOOK_SECRET: SECRET,
      HOOK_SECRET_PREVIOUS: `${SECRET}-previous`,
      EVENT_HOOK_SECRET: EVENT_SECRET,
      FINGERPRINT_KEY: `${MARK}-key-of-fingerprints`,
      LEGACY_DB_URL: `sqlite:${path}`,
      LEDGER_DB_URL: `sqlite:${join(dir, 'ledger.sqlite')}`,
    })
    const [, base = ''] = await server.until(/"url":"(http:[^"]+)"/)
    const answers: string[] = []
    const tryToken = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${tokens[0]}`, 'content-type': 'application/json' }
      return (await fetch(base + HOOK_PATH, { method: 'POST', headers, body: '{}' })).status
    }
    await expect.poll(tryToken, { timeout: 25_000, interval: 500 }).toBe(400)
    const sendAll = async (eventId: string): Promise<void> => {
      const right = JSON.stringify(payload('good@example.com', PASSWORD))
      const bearers = [...tokens, MARK, `${MARK}.${MARK}.${MARK}`].map(
        (token) => ['a token', right, { authorization: `Bearer ${token}` }] as const,
      )
      for (const [, sent, headers] of [...CALLS, ...bearers]) {
        // A repeated event would get its first answer.
        const body = typeof sent === 'string' ? sent.replace(EVENT_ID, eventId) : sent
        const all = { authorization: SECRET, 'content-type': 'application/json', ...headers }
        const response = await fetch(base + HOOK_PATH, { method: 'POST', headers: all, body })
        answers.push(JSON.stringify([...response.headers]), await response.text())
      }
    }
    await sendAll('before')
    const pushed = delivery([news({ displayMessage: MARK }), news({ uuid: MARK }), MARK], {
      [MARK]: MARK,
    })
    for (const [authorization, body] of [
      [EVENT_SECRET, pushed],
      [EVENT_SECRET, MARK],
      [MARK, pushed],
    ] as const) {
      const headers = { authorization, 'content-type': 'application/json' }
      const answer = await fetch(base + EVENTS_PATH, { method: 'POST', headers, body })
      answers.push(JSON.stringify([...answer.headers]), await answer.text())
    }
    const half = head(HOOK_PATH, [
      `Authorization: ${SECRET}`,
      'Content-Type: application/json',
      'Content-Length: 900',
    ])
    await sendAndDrop(base, half + PASSWORD)
    answers.push(await exchange(base, [`${MARK} is no request\r\n\r\n`]))
    answers.push(await (await fetch(`${base}/${MARK}?password=${MARK}`)).text())
    answers.push(await (await fetch(base + HOOK_PATH, { headers: { 'x-y': MARK } })).text())
    const asking = {
      FINGERPRINT_KEY: `${MARK}-key-of-fingerprints`,
      LEGACY_DB_URL: `sqlite:${path}`,
      LEDGER_DB_URL: `sqlite:${join(dir, 'ledger.sqlite')}`,
    }
    for (const args of [
      ['who', 'good@example.com'],
      ['who', 'cut@example.com', '--json'],
      ['who', 'good@example.com', '--unlock', '--reason', 'called back', '--yes'],
      ['decisions'],
      ['decisions', '--forget-before', '2d', '--yes'],
      ['decisions', '--login', 'good@example.com', '--json'],
    ]) {
      const { code, stdout: shown, stderr: told } = await runCommand(args, asking)
      expect(code).toBe(0)
      answers.push(shown + told)
    }
    const erased = await runCommand(['who', 'good@example.com', '--erase', '--yes'], asking)
    // What is still counted stays.
    expect(erased.code).toBe(1)
    answers.push(erased.stdout + erased.stderr)
    const writer = new Database(path)
    writer.exec('DROP TABLE accounts')
    writer.close()
    await sendAll('after')
    const [, ops = ''] = await server.until(/"opsUrl":"(http:[^"]+)"/)
    const metrics = await (await fetch(`${ops}/metrics`)).text()
    expect(metrics).toContain('okta_migrate_calls_total')
    answers.push(metrics)
    server.child.kill('SIGTERM')
    const { code, stdout, stderr } = await server.ended
    expect(code).toBe(0)
    expect(answers.filter((text) => text.includes('"credential":"VERIFIED"'))).toHaveLength(2)
    for (const text of [answers.join('\n'), stdout + stderr]) {
      expectNoTrace(text)
      for (const token of tokens) expect(text).not.toContain(token.split('.')[2])
    }
    rmSync(path)
    const left = readdirSync(dir)
    expect(left).toEqual(['ledger.sqlite', 'okta-migrate-spill.sqlite'])
    for (const name of left) expectNoTrace(readFileSync(join(dir, name), 'utf8'))
  })

  it('is in nothing that a purge writes or prints, and its files are private', async () => {
    const login = `${MARK}@example.com`
    const purge = await startPurge((org) => addMoved(org, login), {
      people: [{ id: 1, login, hash: HASH }],
      env: { FINGERPRINT_KEY: `${MARK}-key-of-fingerprints` },
    })
    await purge.close()
    const said = [await purge.purge(), await purge.check(), await purge.run(['--json'])]
    expect(said.map(({ code }) => code)).toEqual([0, 1, 1])
    for (const { stdout, stderr } of said) expectNoTrace(stdout + stderr)
    for (const name of ['purge.sql', 'proof.json', 'proof.csv']) {
      expectNoTrace(purge.read(name))
      expect(statSync(purge.path(name)).mode & 0o777).toBe(0o600)
    }
  })

  it('is in nothing that the other commands of a campaign write or print', async () => {
    const login = 'anna@example.com'
    const { org, env, dir, path, cutoff, close } = await startPurge(
      (started) => addPending(started, login),
      {
        people: [{ id: 1, login, hash: HASH }],
        env: { FINGERPRINT_KEY: `${MARK}-key-of-fingerprints` },
      },
    )
    await close()
    writeFileSync(path('who.csv'), `login\n${login}\n`)
    const state = ['--state', path('state.sqlite')]
    const who = ['--who', path('who.csv'), '--links', path('links.csv'), ...state]
    const list = ['--list', path('resets.csv')]
    const yes = ['--yes', `${new URL(org.url).host}:1`]
    const said = [
      await runInProcess(statusCommand, ['--left', path('left.csv'), ...state], env),
      await runInProcess(reconcileCommand, ['--out', path('reconcile')], env),
      await cutoff(['watch', '--once', ...state]),
      await cutoff(['reset', ...who, ...list, ...yes]),
      await cutoff(['reopen', ...list]),
      await cutoff(['reopen', '--json', ...list]),
    ]
    expect(said.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0])
    const expectNone = (text: string): void => {
      expectNoTrace(text)
      expect(text).not.toContain(TOKEN)
    }
    for (const { stdout, stderr } of said) expectNone(stdout + stderr)
    const written = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !/^(legacy|who)\b/.test(name) && statSync(path(name)).isFile(),
    )
    expect(written).toEqual(
      expect.arrayContaining(['left.csv', 'links.csv', 'resets.csv', 'state.sqlite']),
    )
    for (const name of written) {
      expectNone(readFileSync(path(name), 'latin1'))
      expect([name, statSync(path(name)).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  it.each([
    { HOOK_SECRET: `${MARK}\u00e9`, LEGACY_DB_URL: 'sqlite:/not/there' },
    { HOOK_SECRET: SECRET, LEGACY_DB_URL: `postgres://legacy:${MARK}@db/legacy?sslmode=${MARK}` },
    { HOOK_SECRET: SECRET, HOOK_SECERT: SECRET, PORT: MARK, HOOK_SECRET_FILE: SECRET },
    { HOOK_OAUTH_ISSUER: `https://${MARK}:${MARK}@acme.okta.com/`, HOOK_OAUTH_SCOPE: ` ${MARK}` },
    { NODE_ENV: 'production', HOOK_SECRET: MARK, HOOK_SECRET_PREVIOUS: MARK },
  ])('is in no error about a configuration (%#)', async (env) => {
    const { code, stdout, stderr } = await runCommand(['serve'], env)
    expect(code).toBe(2)
    expectNoTrace(stdout + stderr)
  })

  it('is in nothing that a bug leaves behind', async () => {
    const hook = await startHook({
      nameLogin: (login) => {
        throw Object.assign(new TypeError(`${login}\n    at ${PASSWORD} (${MARK})`), { MARK })
      },
    })
    const { status, text } = await hook.signIn(MARK, PASSWORD)
    expect(status).toBe(500)
    expectNoTrace(text)
    expectNoTrace(hook.rawLog())
    await hook.close()
  })

  it('is in no last output of a server that a bug ends', async () => {
    const bug = `process.once('SIGUSR2', () => Promise.reject(new Error('${MARK}')))`
    const path = makeLegacyDb(tempDir(), [])
    const server = startCommand(['serve'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}`,
      PORT: '0',
      HOOK_SECRET: SECRET,
      LEGACY_DB_URL: `sqlite:${path}`,
    })
    await server.until(/is ready/)
    server.child.kill('SIGUSR2')
    const { code, stdout, stderr } = await server.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/Internal error[^]+This is a bug/)
    // This bug's place is its own source text, a data: URL.
    expectNoTrace(stdout + stderr.replaceAll(encodeURIComponent(bug), ''))
  })

  it('is in nothing that a dying thread leaves behind', async () => {
    const losses: unknown[] = []
    const pool = await WorkerPool.start({
      size: 1,
      queueLimit: 1,
      clock: new ManualClock(),
      onLoss: (what) => losses.push(what),
      workerUrl: LEAKING_WORKER,
    })
    const lost = await pool.check(planOf(HASH), PASSWORD, 100).catch((err: unknown) => String(err))
    await pool.close()
    expect(losses).toHaveLength(1)
    expectNoTrace(JSON.stringify([lost, losses]))
  })
})
