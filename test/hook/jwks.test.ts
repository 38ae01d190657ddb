/** What is accepted as an issuer's keys, and how little a bad answer may cost. */
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { fetchKeys } from '../../src/hook/oauth/jwks.ts'
import { ManualClock } from '../support/clock.ts'
import { CUT_OFF, JWKS_PATH, startIssuer, type RunningIssuer } from '../support/issuer.ts'

const HEADER = { alg: 'RS256', kid: 'first' }
const TIMEOUT_MS = 1_000

let issuer: RunningIssuer
beforeEach(async () => (issuer = await startIssuer()))
afterEach(() => issuer.close())

const load = (jwksUrl?: string, clock = new ManualClock()) =>
  fetchKeys({ clock }, { issuer: issuer.url, jwksUrl }, TIMEOUT_MS)

const complaint = async (fetching: Promise<unknown>): Promise<string | undefined> => {
  const err = await fetching.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(err).toBeInstanceOf(AppError)
  expect((err as AppError).code).toBe('keys_unavailable')
  return (err as AppError).detail
}

describe("an issuer's keys", () => {
  it('are found where its metadata says', async () => {
    const keys = await load()
    expect(await keys(HEADER)).toMatchObject({ type: 'public' })
    expect(issuer.requests).toEqual([
      '/oauth2/default/.well-known/oauth-authorization-server',
      JWKS_PATH,
    ])
  })

  it('are found where the configuration says, and the metadata is not fetched', async () => {
    const clock = new ManualClock()
    expect(await (await load(issuer.jwksUrl, clock))(HEADER)).toMatchObject({ type: 'public' })
    expect(issuer.requests).toEqual([JWKS_PATH])
    expect(clock.pending).toEqual([])
  })

  it.each([
    [{ issuer: 'https://evil.example/oauth2/default' }, 'names another issuer'],
    [{ issuer: undefined }, 'names another issuer'],
    [{ jwks_uri: 'http://keys.example/v1/keys' }, 'names no jwks_uri with https'],
    [{ jwks_uri: 'file:///etc/passwd' }, 'names no jwks_uri with https'],
    [{ jwks_uri: 7 }, 'names no jwks_uri with https'],
    [{ jwks_uri: undefined }, 'names no jwks_uri with https'],
  ])('are not looked for when the metadata has %j', async (metadata, why) => {
    Object.assign(issuer.metadata, metadata)
    expect(await complaint(load())).toContain(why)
    expect(issuer.fetches()).toBe(0)
  })

  it.each<[why: string, answer: (res: ServerResponse) => void]>([
    ['status 500', (res) => res.writeHead(500).end('{"keys":[]}')],
    ['status 302', (res) => res.writeHead(302, { location: '/elsewhere' }).end()],
    ['not JSON', (res) => res.end('<html>')],
    ['not a JWK set', (res) => res.end('{"keys":{}}')],
    ['not a JWK set', (res) => res.end('null')],
  ])('are not read from an answer that is "%s"', async (why, answer) => {
    issuer.answers[JWKS_PATH] = answer
    expect(await complaint(load())).toBe(why)
    expect(issuer.requests).not.toContain('/elsewhere')
  })

  it.each<[where: string, answer: (res: ServerResponse) => void]>([
    ['before', (res) => res.destroy()],
    [
      'within',
      (res) => res.writeHead(200, { 'content-length': 99 }).write('{', () => res.destroy()),
    ],
  ])('are unavailable when the connection ends %s the answer', async (_, answer) => {
    issuer.answers[JWKS_PATH] = answer
    expect(await complaint(load())).toMatch(CUT_OFF)
  })

  it('are unavailable when no server listens', async () => {
    const gone = await startIssuer()
    await gone.close()
    expect(await complaint(load(gone.jwksUrl))).toBe(
      `${new URL(gone.jwksUrl).host} refuses connections (ECONNREFUSED)`,
    )
  })

  it('are not read from an answer without an end', async () => {
    const closed = new Promise((resolve) => {
      issuer.answers[JWKS_PATH] = (res) => {
        res.on('close', () => resolve('closed'))
        const pour = (): void => {
          if (res.write('x'.repeat(10_000))) setImmediate(pour)
          else res.once('drain', pour)
        }
        pour()
      }
    })
    expect(await complaint(load())).toBe('more than 65536 bytes')
    expect(await closed).toBe('closed')
  })

  it.each<[where: string, answer: (res: ServerResponse) => void]>([
    ['before its answer', () => undefined],
    ['within its answer', (res) => res.write('{"keys":')],
  ])('are not waited for when the issuer stalls %s', async (_, answer) => {
    const clock = new ManualClock()
    issuer.answers[JWKS_PATH] = answer
    const loading = complaint(load(undefined, clock))
    await expect.poll(() => issuer.fetches()).toBe(1)
    expect(clock.pending).toEqual([TIMEOUT_MS])
    clock.advance(TIMEOUT_MS)
    expect(await loading).toBe('no answer within 1000 ms')
  })
})
