/** `okta-migrate doctor` where the hook takes OAuth: the keys of the issuer, as the hook would fetch and use them. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { runDoctor } from '../support/doctor.ts'
import { JWKS_PATH, KEYS, oauthEnvironment, startIssuer } from '../support/issuer.ts'

/** A server whose store is away, so that its own checks take no time. */
const SERVER = {
  HOOK_SECRET: 'a secret of more than thirty-two characters',
  LEDGER_DB_URL: 'off',
  LEGACY_DB_URL: 'postgres://reader@127.0.0.1:1/users',
}

const startWith = async (keys?: readonly object[]) => {
  const issuer = await startIssuer()
  onTestFinished(() => issuer.close())
  if (keys) issuer.answers[JWKS_PATH] = (res) => res.end(JSON.stringify({ keys }))
  const look = async (...args: string[]) =>
    (await runDoctor({ ...SERVER, ...oauthEnvironment(issuer) }, ...args)).of('keys')
  return { issuer, look }
}

it('is green with the number of the keys that can be used', async () => {
  const second = { ...KEYS.second.jwk, use: 'enc' }
  const { issuer, look } = await startWith([KEYS.first.jwk, second])
  expect(await look()).toEqual([
    { topic: 'keys', level: 'ok', text: `The hook can use 1 key of ${issuer.url}.` },
  ])
})

it('asks nobody with --local, and says nothing where the hook has no OAuth', async () => {
  const { issuer, look } = await startWith()
  expect(await look('--local')).toEqual([])
  expect(issuer.requests).toEqual([])
  expect((await runDoctor(SERVER)).of('keys')).toEqual([])
})

it('is red where the keys cannot be fetched', async () => {
  const { issuer, look } = await startWith()
  issuer.goDown()
  const [row] = await look()
  expect(row).toMatchObject({
    level: 'failed',
    fix: expect.stringContaining('HOOK_OAUTH_ISSUER') as string,
  })
  expect(row?.text).toMatch(/closed the connection/)
})

const jwkOf = (bits: number): object => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  return { ...publicKey.export({ format: 'jwk' }), kid: 'short', use: 'sig', alg: 'RS256' }
}

it.each<[string, readonly object[]]>([
  ['there is none', []],
  ['it is for another algorithm', [{ ...KEYS.first.jwk, alg: 'RS512' }]],
  ['it is too short', [jwkOf(1024)]],
  ['it has no name, and a token of Okta names its key', [{ ...KEYS.first.jwk, kid: undefined }]],
  ['two have one name', [KEYS.first.jwk, { ...KEYS.second.jwk, kid: 'first' }]],
])('is red where %s', async (_, keys) => {
  const { issuer, look } = await startWith(keys)
  const [row] = await look()
  expect(row).toMatchObject({
    level: 'failed',
    fix: expect.stringContaining('RSA keys of 2048 bits') as string,
  })
  expect(row?.text).toMatch(`The hook can use none of the ${keys.length} key`)
  expect(row?.text).toContain(issuer.url)
})
