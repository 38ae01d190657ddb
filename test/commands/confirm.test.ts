/** The confirmation at a terminal: the person has to type what was shown. */
import { PassThrough, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { confirm } from '../../src/commands/terminal/confirm.ts'

const WANTED = { org: 'acme.okta.com', count: 68_836 }

const typed = async (...keys: string[]): Promise<string> => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
  let shown = ''
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      shown += chunk.toString()
      done()
    },
  })
  const host = {
    version: '',
    args: [],
    env: {},
    stdin,
    stdout: stderr,
    stderr,
    onSignal: () => undefined,
  }
  const confirmed = confirm(host, undefined, WANTED)
  for (const key of keys) stdin.write(key)
  await confirmed
  return shown
}

it.each(['acme.okta.com:68836', ' ACME.okta.com 68836 '])('%j confirms', async (line) => {
  expect(await typed(line, '\r')).toContain('Type acme.okta.com:68836 to continue: ')
})

it.each([
  ['y', '\r'],
  ['', '\r'],
  ['acme.okta.com', '\r'],
  ['acme.okta.com:68837', '\r'],
  ['other.okta.com:68836', '\r'],
  ['half', '\u0003'],
])('%j does not confirm', async (...keys) => {
  await expect(typed(...keys)).rejects.toMatchObject({ code: 'unconfirmed' })
})
