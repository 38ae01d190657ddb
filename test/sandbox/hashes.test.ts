/** Imported hashes: each documented algorithm verified against values made elsewhere, and its limits. */
import { describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'

interface Vector {
  readonly hash: string
  readonly password: string
  readonly matches: boolean
}

/** Made by Perl's crypt. */
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/bcrypt.json', import.meta.url), 'utf8'),
) as Vector[]

const bcrypt = (encoded: string) => ({
  algorithm: 'BCRYPT',
  workFactor: Number(encoded.slice(4, 6)),
  salt: encoded.slice(7, 29),
  value: encoded.slice(29),
})

const BCRYPT = bcrypt('$2a$04$QOzx3rv/ZSfYEF0IsyJzr.KpohHFl6jdLlYRWHOm4FB4pqqr3hxTS')

/** For "password" with the salt "NaCl": printf %s NaClpassword | openssl dgst -sha512 -binary | base64 */
const DIGESTS = [
  [
    'SHA-512',
    undefined,
    'sQnzu7wkTrgkQZF+0G1hi5AI3Qmzvv0bXgc5THBqi7mAsdd4Xll27ASbRt9fEyavWi6m0QP9B8lThf+rDKy8hg==',
  ],
  [
    'SHA-512',
    'PREFIX',
    '2p0svfOgDTflOF7HK5wbHP+05l4lkdV8P+FFq+p6aHPQS7uBGa9TyGc8DfxZsfkcaV2Mfod35WxAzaj5yBEKYw==',
  ],
  [
    'SHA-512',
    'POSTFIX',
    'tYbIf/bI/HhZZ2dslhzEvDWQNDXWPZk57IcB8/xZ698Upu3uBGo3dQ5GOJEj+qQsLM75NndOI8FhWhOszXhbCQ==',
  ],
  ['SHA-256', undefined, 'XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg='],
  ['SHA-256', 'PREFIX', 'sgq3SqJUn34ToOiGy0RxzC5w/NLOgHXA7mSDq7phMvM='],
  ['SHA-256', 'POSTFIX', 'AoSAlxEEs3aR9BxDDlngf9TFrg9TMXsqouBs+N27/hA='],
  ['SHA-1', undefined, 'W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
  ['SHA-1', 'PREFIX', '4ynUBUr/OQVsCQQZk/6FmoYdJy8='],
  ['SHA-1', 'POSTFIX', 'QCdIktL+AaarHg+95cIrgxLRB4A='],
  ['MD5', undefined, 'X03MO1qnZdYdgyfeuILPmQ=='],
  ['MD5', 'PREFIX', 'YtGffn3ctZRnKHdtJeQQ7Q=='],
  ['MD5', 'POSTFIX', '8lsBmpRwMY1E1g4UFmMfNA=='],
] as const

const SALT = 'TmFDbA=='

/** openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:password -kdfopt salt:NaCl -kdfopt iter:4096 PBKDF2 */
const PBKDF2 = {
  algorithm: 'PBKDF2',
  salt: SALT,
  iterationCount: 4096,
  keySize: 32,
  digestAlgorithm: 'SHA256_HMAC',
  value: 'FGgSaancNV2YcsRMPqKQo2n4BLT9Ky9xx747ItvVuJg=',
}
const PBKDF2_SHA512 = {
  ...PBKDF2,
  digestAlgorithm: 'SHA512_HMAC',
  value: 'NgSQ/gkiWOaZZAp9BFhpJtNC8Y6bAk/FxBcq60oiH9U=',
}

const imported = async (hash: object) => {
  const { create, signIn, users } = await startTestSandbox()
  const answer = await create(profileFor('a@example.com'), { credentials: { password: { hash } } })
  return { answer, users, enter: async (password: string) => (await signIn('a', password)).status }
}

describe('an imported hash', () => {
  const digests = DIGESTS.map(([algorithm, saltOrder, value]) => [
    `${algorithm} ${saltOrder ?? 'unsalted'}`,
    { algorithm, value, ...(saltOrder && { salt: SALT, saltOrder }) },
  ])

  it.each([
    ...digests,
    ['BCRYPT', BCRYPT],
    ['PBKDF2 SHA-256', PBKDF2],
    ['PBKDF2 SHA-512', PBKDF2_SHA512],
  ] as [string, object][])('of %s accepts only the right password', async (_, hash) => {
    const { answer, users, enter } = await imported(hash)
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'ACTIVE', credentials: { provider: { type: 'IMPORT' } } },
    })
    expect(await enter('Password')).toBe(401)
    expect(await enter('password')).toBe(200)
    expect([...users()][1]).toMatchObject({ password: 'imported' })
  })

  it('of bcrypt agrees with values made by another implementation', async () => {
    const cheap = vectors.filter(
      ({ hash, password }) => /^\$2[ab]\$04\$/.test(hash) && password !== '',
    )
    expect(cheap.length).toBeGreaterThan(10)
    for (const { hash, password, matches } of cheap.slice(0, 10)) {
      const { enter } = await imported(bcrypt(hash))
      expect(await enter(password)).toBe(matches ? 200 : 401)
    }
  })
})

describe('a hash outside the documented limits', () => {
  const [, , SHA256] = DIGESTS[3]

  it.each([
    [{ ...BCRYPT, workFactor: 21 }],
    [{ ...BCRYPT, workFactor: 0 }],
    [{ ...BCRYPT, salt: BCRYPT.salt.slice(1) }],
    [{ ...BCRYPT, value: `${BCRYPT.value}a` }],
    [{ ...BCRYPT, value: BCRYPT.value.replace(/.$/, '$') }],
    [{ ...PBKDF2, iterationCount: 4095 }],
    [{ ...PBKDF2, keySize: 64 }],
    [{ ...PBKDF2, digestAlgorithm: 'SHA1_HMAC' }],
    [{ algorithm: 'SHA-512', value: SHA256 }],
    [{ algorithm: 'SHA-256', value: SHA256, salt: SALT }],
    [{ algorithm: 'SHA-256', value: 'not base64!' }],
    [{ algorithm: 'SHA-256', value: SHA256, salt: SALT, saltOrder: 'MIDDLE' }],
    [{ algorithm: 'scrypt', value: SHA256 }],
    [{}],
  ])('is refused: %j', async (hash) => {
    const { answer, users } = await imported(hash)
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'E0000001' } })
    expect(JSON.stringify(answer.body)).not.toContain(SHA256)
    expect([...users()]).toHaveLength(1)
  })

  it('from bcrypt with a cost below 4 is accepted, as by Okta, and matches no password', async () => {
    const { answer, enter } = await imported({ ...BCRYPT, workFactor: 3 })
    expect(answer.status).toBe(200)
    expect(await enter('password')).toBe(401)
  })
})
