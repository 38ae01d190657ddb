/** docs/LEGACY-LOGIN.md: its endpoint answers, and `check` takes it and a real authorization server as the page says. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { fencesOf, makeWorkplace } from '../support/documents/blocks.ts'
import { prepareMachine } from '../support/documents/machine.ts'
import { runSession, scriptOf } from '../support/documents/session.ts'
import { freePort } from '../support/haproxy.ts'
import { CLIENT, startAuthorizationServer } from '../support/password-grant.ts'
import { tempDir } from '../support/temp.ts'

const PAGE = 'docs/LEGACY-LOGIN.md'

const BEARER = 'Bearer of-the-endpoint-0123456789'

const ACCOUNTS = `const people = { 'anna@example.com': { password: 'right' }, 'ben@example.com': { isDisabled: true } }
export const findAccount = async (login) => people[login]
export const isRight = async (account, password) => account.password === password`

const check = (section: string, found: string, given: string) => {
  const root = tempDir()
  const { checkout, bin, here } = makeWorkplace(root)
  const secrets = {
    legacy_login: `Authorization: ${BEARER}`,
    legacy_login_client: CLIENT.secret,
  }
  prepareMachine(root, secrets)
  const script = scriptOf(PAGE, (one) => one === section)
    .replace(found, given)
    .replace('CLIENT_ID=okta-migration', `CLIENT_ID=${CLIENT.id}`)
  const env = { HOOK_SECRET: 'a-secret-of-the-hook-that-is-long-enough' }
  return runSession(here(script), { cwd: checkout, bin, env })
}

const startEndpoint = async (): Promise<string> => {
  const dir = tempDir()
  const port = await freePort()
  const [source] = fencesOf(PAGE).filter(({ language }) => language === 'js')
  writeFileSync(join(dir, 'old-accounts.mjs'), ACCOUNTS)
  const script = source?.script
    .replace('old-accounts.js', 'old-accounts.mjs')
    .replace('listen(8080)', `listen(${port}, '127.0.0.1', () => console.log('ready'))`)
  writeFileSync(join(dir, 'endpoint.mjs'), script ?? '')
  const child = spawn(process.execPath, ['endpoint.mjs'], {
    cwd: dir,
    env: { ENDPOINT_SECRET: BEARER },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return `http://127.0.0.1:${port}/password-check`
}

it('the endpoint keeps its contract, and check takes it', async () => {
  const url = await startEndpoint()
  const ask = async (login: string, password: string, authorization = BEARER): Promise<string> => {
    const body = JSON.stringify({ login, username: login, password })
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body })
    return answer.ok ? answer.text() : String(answer.status)
  }
  expect([
    await ask('anna@example.com', 'right'),
    await ask('anna@example.com', 'wrong'),
    await ask('ben@example.com', 'right'),
    await ask('nobody@example.com', 'right'),
    await ask('anna@example.com', 'right', 'Bearer of-somebody-else'),
  ]).toEqual([
    '{"result":"match"}',
    '{"result":"mismatch"}',
    '{"result":"disabled"}',
    '{"result":"unknown"}',
    '401',
  ])
  const { code, output } = await check(
    'An endpoint of your own',
    'https://old.example.com/password-check',
    url,
  )
  expect(code, output).toBe(0)
})

it('check takes an authorization server', async () => {
  const url = await startAuthorizationServer('basic')
  const { code, output } = await check(
    'The password grant of OAuth 2.0',
    'https://sso.example.com/realms/acme/protocol/openid-connect/token',
    url,
  )
  expect(code, output).toBe(0)
})
