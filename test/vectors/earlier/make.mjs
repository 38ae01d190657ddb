/**
 * Makes the files of an earlier version with that version itself, in a built checkout of it:
 *
 *   git worktree add /tmp/old REVISION && cd /tmp/old && npm ci && npm run build
 *   node test/vectors/earlier/make.mjs /tmp/old/dist/cli.js OUTPUT_FOLDER
 *
 * journal.sqlite  an import of users.csv that was killed while its fifth row was sent
 * ledger.sqlite   three decisions
 * spill.sqlite    two decisions that wait for a database which did not answer
 *
 * The folders are named by the revision that made them. a1a16a5 ran on Node.js 20, the others on 24.
 */
import { hashSync } from 'bcryptjs'
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [cli = '', output = ''] = process.argv.slice(2).map((path) => resolve(path))
const node = process.env.OLD_NODE ?? process.execPath
const here = import.meta.dirname
const dir = mkdtempSync(join(tmpdir(), 'earlier-'))
mkdirSync(output, { recursive: true })

const start = (args, env) =>
  spawn(node, [cli, ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Copies a database whole: what a killed program left in its write-ahead log comes along. */
const keep = (path, name) => {
  const db = new Database(path)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  copyFileSync(path, join(output, name))
}

const user = (login, id) => ({
  id,
  status: 'ACTIVE',
  created: '2026-01-01T00:00:00.000Z',
  profile: { login, email: login, firstName: 'A', lastName: 'B' },
  credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
})

const refusal = (cause) => ({
  errorCode: 'E0000001',
  errorSummary: `Api validation failed: ${cause}`,
  errorLink: 'E0000001',
  errorId: 'oae1',
  errorCauses: [{ errorSummary: cause }],
})

/** Okta, as far as five rows need it: one is created, one is there, one is refused, one gets no answer. */
const answerTo = (method, url, login) => {
  if (url.includes('/meta/'))
    return [403, { errorCode: 'E0000006', errorSummary: 'No', errorCauses: [] }]
  if (method === 'GET') return [200, user('bob@example.com', '00ubob')]
  if (login.startsWith('ada')) return [200, user(login, '00uada')]
  if (login.startsWith('bob')) {
    return [
      400,
      refusal('login: An object with this field already exists in the current organization'),
    ]
  }
  if (login.startsWith('carl')) return [400, refusal('firstName: is not liked')]
  return undefined
}

const okta = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const login = body === '' ? '' : JSON.parse(body).profile.login
  const answer = answerTo(request.method, request.url, login)
  if (answer === undefined) return void okta.emit('lost')
  response.writeHead(answer[0], {
    'content-type': 'application/json',
    date: new Date().toUTCString(),
    'x-okta-request-id': `request-${login || 'get'}`,
    'x-rate-limit-limit': '600',
    'x-rate-limit-remaining': '599',
    'x-rate-limit-reset': String(Math.ceil(Date.now() / 1000) + 60),
  })
  response.end(JSON.stringify(answer[1]))
})

const makeJournal = async () => {
  okta.listen(0, '127.0.0.1')
  await once(okta, 'listening')
  copyFileSync(join(here, 'users.csv'), join(dir, 'users.csv'))
  const run = (...options) =>
    start(['import', 'users.csv', '--journal', 'journal.sqlite', ...options], {
      OKTA_ORG_URL: `http://127.0.0.1:${okta.address().port}`,
      OKTA_API_TOKEN: '00-a-token-for-the-stub-in-this-file',
    })
  // The first run ends as it should, so that its outcomes are on the disk.
  const first = run('--limit', '4')
  first.stdout.resume()
  await once(first, 'exit')
  const program = run('--concurrency', '1')
  program.stdout.resume()
  await once(okta, 'lost')
  await sleep(500)
  program.kill('SIGKILL')
  await once(program, 'exit')
  okta.closeAllConnections()
  okta.close()
  keep(join(dir, 'journal.sqlite'), 'journal.sqlite')
}

const SECRET = 'a-secret-for-the-files-of-earlier-versions'

const call = (eventId, username, password) =>
  JSON.stringify({
    eventId,
    eventType: 'com.okta.user.credential.password.import',
    eventTypeVersion: '1.0',
    cloudEventVersion: '0.1',
    contentType: 'application/json',
    eventTime: '2026-01-01T00:00:00.000Z',
    source: 'https://acme.okta.com/api/v1/inlineHooks/calABC',
    data: {
      context: {
        request: {
          id: `request-${eventId}`,
          method: 'POST',
          url: { value: '/' },
          ipAddress: '127.0.0.1',
        },
        credential: { username, password },
      },
      action: { credential: 'UNVERIFIED' },
    },
  })

/** Decides the calls with a server of the earlier version, and ends it as an operator would. */
const decide = async (ledgerUrl, calls) => {
  const program = start(['serve'], {
    PORT: '18080',
    HOST: '127.0.0.1',
    HOOK_SECRET: SECRET,
    FINGERPRINT_KEY: SECRET,
    LEGACY_DB_URL: `sqlite:${join(dir, 'legacy.sqlite')}`,
    LEDGER_DB_URL: ledgerUrl,
    LEDGER_SPILL_DIR: dir,
  })
  await new Promise((resolve) => {
    program.stdout.on('data', (chunk) => /"url":/.test(String(chunk)) && resolve())
  })
  for (const [eventId, username, password] of calls) {
    const answer = await fetch('http://127.0.0.1:18080/hooks/okta/password-import', {
      method: 'POST',
      headers: { authorization: SECRET, 'content-type': 'application/json' },
      body: call(eventId, username, password),
    })
    console.log(eventId, answer.status, await answer.text())
  }
  program.kill('SIGTERM')
  if (program.exitCode === null) await once(program, 'exit')
}

const makeLedger = async () => {
  const legacy = new Database(join(dir, 'legacy.sqlite'))
  legacy.exec(readFileSync(join(dirname(dirname(cli)), 'legacy-db/schema.sql'), 'utf8'))
  legacy
    .prepare('INSERT INTO accounts (id, login, password_hash) VALUES (?, ?, ?)')
    .run(1, 'ada@example.com', hashSync('right', 4))
  legacy.close()
  await decide(`sqlite:${join(dir, 'ledger.sqlite')}`, [
    ['one', 'ada@example.com', 'right'],
    ['two', 'Ada@Example.com', 'wrong'],
    ['three', 'nobody@example.com', 'wrong'],
  ])
  keep(join(dir, 'ledger.sqlite'), 'ledger.sqlite')
  await decide('postgres://ledger:none@127.0.0.1:9/none', [
    ['four', 'ada@example.com', 'right'],
    ['five', 'ada@example.com', 'wrong'],
  ])
  keep(join(dir, 'okta-migrate-spill.sqlite'), 'spill.sqlite')
}

await makeJournal()
await makeLedger()
rmSync(dir, { recursive: true })
