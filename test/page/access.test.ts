/** Who may see the page: by the address of the port, the name that was called, and the token. */
import { expect, it } from 'vitest'
import { createPageApp } from '../../src/page/app.ts'
import { ManualClock } from '../support/clock.ts'
import { pageReport } from '../support/page.ts'

const TOKEN = 'a token of more than thirty-two characters'

const basic = (password: string, user = 'anybody'): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const ask = async (
  bound: string,
  token: string | undefined,
  called: string,
  authorization?: string,
) => {
  const access = { host: bound, token, allowedHosts: ['hook.example.com'] }
  const counts = {
    report: JSON.stringify(pageReport),
    org: 'acme.okta.com',
    today: 1,
    events: new Map(),
  }
  const readCounts = () => Promise.resolve(counts)
  const app = createPageApp({ clock: new ManualClock(), access, readCounts })
  const headers = { host: called, ...(authorization && { authorization }) }
  const answer = await app.request('/campaign', { headers })
  const text = await answer.text()
  // Nothing about the campaign, unless the page itself.
  expect(text.includes('51,164')).toBe(answer.status === 200)
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') }
}

it.each([
  ['127.0.0.1', undefined, '127.0.0.1:9464', undefined, 200],
  ['::1', undefined, '[::1]:9464', undefined, 200],
  // A proxy on this machine, whose callers are elsewhere.
  ['localhost', TOKEN, 'localhost', undefined, 401],
  ['127.0.0.1', TOKEN, 'hook.example.com', undefined, 401],
  ['127.0.0.1', TOKEN, 'hook.example.com', basic('not it'), 401],
  ['127.0.0.1', TOKEN, 'hook.example.com', basic(TOKEN), 200],
  ['127.0.0.1', undefined, 'hook.example.com', undefined, 200],
  ['127.0.0.1', undefined, 'HOOK.example.com:9464', undefined, 200],
  // A stranger's name that leads to this machine.
  ['127.0.0.1', undefined, 'rebound.example', undefined, 421],
  ['127.0.0.1', undefined, '127.0.0.1.rebound.example', undefined, 421],
  ['127.0.0.1', undefined, 'x@127.0.0.1', undefined, 421],
  ['127.0.0.1', undefined, '', undefined, 421],
  ['0.0.0.0', TOKEN, '0.0.0.0:9464', basic(TOKEN), 421],
  ['0.0.0.0', TOKEN, 'rebound.example', basic(TOKEN), 421],
  ['0.0.0.0', undefined, 'hook.example.com', undefined, 404],
  ['0.0.0.0', undefined, 'hook.example.com', basic(''), 404],
  ['0.0.0.0', TOKEN, 'hook.example.com', undefined, 401],
  ['0.0.0.0', TOKEN, 'hook.example.com', basic('not it'), 401],
  ['0.0.0.0', TOKEN, 'hook.example.com', `Basic ${TOKEN}`, 401],
  ['0.0.0.0', TOKEN, 'hook.example.com', `Bearer ${TOKEN}`, 401],
  ['0.0.0.0', TOKEN, '127.0.0.1:9464', undefined, 401],
  ['0.0.0.0', TOKEN, 'hook.example.com', basic(TOKEN), 200],
  ['::', TOKEN, 'hook.example.com', basic(TOKEN, ''), 200],
])('bound to %s with the token %s, called as %s with %s: %d', async (...row) => {
  const [bound, token, called, authorization, wanted] = row
  const { status, challenge } = await ask(bound, token, called, authorization)
  expect(status).toBe(wanted)
  expect(challenge).toBe(wanted === 401 ? 'Basic realm="okta-migrate", charset="UTF-8"' : null)
})
