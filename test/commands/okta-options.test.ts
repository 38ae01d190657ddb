/** The ways to authenticate: exactly one, complete, and every problem reported at once. */
import { generateKeyPairSync } from 'node:crypto'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openOkta } from '../../src/commands/okta-options.ts'
import type { CommandContext } from '../../src/commands/context.ts'
import { AppError } from '../../src/errors/errors.ts'

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const PEM = KEY.export({ type: 'pkcs8', format: 'pem' }) as string
const ORG = { OKTA_ORG_URL: 'https://acme.okta.com' }

const open = (env: Record<string, string>) => {
  let notes = ''
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      notes += chunk.toString()
      done()
    },
  })
  const host: CommandContext = {
    args: [],
    version: '1.2.3',
    env,
    stdin: process.stdin,
    stdout: stderr,
    stderr,
    onSignal: () => undefined,
  }
  const client = openOkta(host, { scopes: ['a'], share: 50, concurrency: 10 })
  return { client, notes }
}

const complaint = (env: Record<string, string>): string => {
  try {
    open(env)
  } catch (err) {
    if (err instanceof AppError && err.code === 'config_invalid') return err.detail ?? ''
    throw err
  }
  return 'no complaint'
}

describe('authentication', () => {
  it.each([
    { OKTA_ACCESS_TOKEN: 'a' },
    { OKTA_API_TOKEN: 'a' },
    { OKTA_CLIENT_ID: 'a', OKTA_PRIVATE_KEY: PEM },
    { OKTA_CLIENT_ID: 'a', OKTA_PRIVATE_KEY: JSON.stringify(KEY.export({ format: 'jwk' })) },
  ])('is complete (%#)', (env) => {
    expect(complaint({ ...ORG, ...env })).toBe('no complaint')
  })

  it.each([
    [{}, ['OKTA_ORG_URL', 'OKTA_ACCESS_TOKEN']],
    [{ ...ORG, OKTA_ACCESS_TOKEN: 'a', OKTA_API_TOKEN: 'b' }, ['OKTA_ACCESS_TOKEN']],
    [
      { ...ORG, OKTA_API_TOKEN: 'b', OKTA_CLIENT_ID: 'a', OKTA_PRIVATE_KEY: PEM },
      ['OKTA_ACCESS_TOKEN'],
    ],
    [{ ...ORG, OKTA_CLIENT_ID: 'a' }, ['OKTA_PRIVATE_KEY']],
    [{ ...ORG, OKTA_PRIVATE_KEY: PEM }, ['OKTA_CLIENT_ID']],
    [{ OKTA_CLIENT_ID: 'a', OKTA_PRIVATE_KEY: 'marked' }, ['OKTA_ORG_URL', 'OKTA_PRIVATE_KEY']],
    [{ ...ORG, OKTA_API_TOKEN: 'two\nlines' }, ['OKTA_API_TOKEN']],
    [{ OKTA_ORG_URL: 'http://acme.okta.com', OKTA_API_TOKEN: 'a' }, ['OKTA_ORG_URL']],
  ])('that is not complete: %# names each option at fault, and no value', (env, names) => {
    const text = complaint(env)
    expect(text.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual(names)
    expect(text).not.toContain('marked')
  })
})

describe('the org', () => {
  it.each([
    ['https://acme-admin.okta.com', 'https://acme.okta.com'],
    ['https://acme-admin.oktapreview.com/', 'https://acme.oktapreview.com'],
  ])('%s is corrected to %s, with a notice', (given, orgUrl) => {
    const { client, notes } = open({ OKTA_ORG_URL: given, OKTA_API_TOKEN: 'a' })
    expect(client.orgUrl).toBe(orgUrl)
    expect(notes).toContain(`using the org ${orgUrl}.`)
  })

  it.each(['https://acme.okta.com', 'https://login-admin.example.com', 'http://127.0.0.1:99'])(
    '%s is used as it is',
    (given) => {
      const { client, notes } = open({ OKTA_ORG_URL: given, OKTA_API_TOKEN: 'a' })
      expect([client.orgUrl, notes]).toEqual([given, ''])
    },
  )
})
