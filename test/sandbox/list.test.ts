/** The list of users: pages by Link header, and what each kind of query leaves out. */
import { get } from 'node:http'
import { describe, expect, it } from 'vitest'
import { HOOK_PASSWORD, profileFor, startTestSandbox, TOKEN } from '../support/sandbox.ts'

type Users = { readonly profile: { readonly login: string } }[]

const logins = (body: unknown): string[] => (body as Users).map(({ profile }) => profile.login)

const nextOf = (headers: Headers): string | undefined =>
  /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]

const startWithUsers = async (count: number) => {
  const sandbox = await startTestSandbox({ faults: { rateLimit: 10_000 } })
  for (let i = 0; i < count; i += 1) {
    await sandbox.create(profileFor(`u${i}@example.com`), HOOK_PASSWORD)
  }
  /** Follows the pages to the end, at most ten. */
  const pages = async (path: string): Promise<string[][]> => {
    const found: string[][] = []
    for (let next: string | undefined = path; next !== undefined && found.length < 10;) {
      const { headers, body } = await sandbox.call('GET', next)
      found.push(logins(body))
      next = nextOf(headers)?.slice(sandbox.url.length)
    }
    return found
  }
  return { ...sandbox, pages }
}

const ADMIN = 'admin@sandbox.example'

describe('pages', () => {
  it('lead through all users in the order of creation, and end', async () => {
    const { pages } = await startWithUsers(4)
    expect(await pages('/api/v1/users?limit=2')).toEqual([
      [ADMIN, 'u0@example.com'],
      ['u1@example.com', 'u2@example.com'],
      ['u3@example.com'],
    ])
    expect(await pages('/api/v1/users?limit=5')).toHaveLength(1)
  })

  it('keep the expression of the first page', async () => {
    const { pages } = await startWithUsers(3)
    const search = encodeURIComponent('profile.login sw "u"')
    expect(await pages(`/api/v1/users?limit=2&search=${search}`)).toEqual([
      ['u0@example.com', 'u1@example.com'],
      ['u2@example.com'],
    ])
  })

  it('skip no user when others are deleted in between', async () => {
    const { call } = await startWithUsers(3)
    const { headers, body } = await call('GET', '/api/v1/users?limit=2')
    expect(logins(body)).toEqual([ADMIN, 'u0@example.com'])
    for (const login of ['u0', 'u1']) {
      await call('DELETE', `/api/v1/users/${login}`)
      await call('DELETE', `/api/v1/users/${login}`)
    }
    const { search } = new URL(nextOf(headers) ?? '')
    expect(logins((await call('GET', `/api/v1/users${search}`)).body)).toEqual(['u2@example.com'])
  })

  it('have 200 users by default, and never more', async () => {
    const { call } = await startWithUsers(205)
    expect(logins((await call('GET', '/api/v1/users')).body)).toHaveLength(200)
    expect(logins((await call('GET', '/api/v1/users?limit=1000')).body)).toHaveLength(200)
  })

  it.each(['limit=0', 'limit=x', 'after=nonsense', 'sortBy=created'])(
    'are refused for %s',
    async (query) => {
      const { call } = await startTestSandbox()
      expect((await call('GET', `/api/v1/users?${query}`)).status).toBe(400)
    },
  )

  it('come with a link header line for each relation', async () => {
    const { url } = await startWithUsers(1)
    const headers = { authorization: `SSWS ${TOKEN}` }
    const links = await new Promise<string[]>((resolve) => {
      get(`${url}/api/v1/users?limit=1`, { headers }, (res) => {
        res.resume()
        resolve(res.headersDistinct['link'] ?? [])
      })
    })
    expect(links).toEqual([
      `<${url}/api/v1/users?limit=1>; rel="self"`,
      expect.stringMatching(/^<.+\/api\/v1\/users\?limit=1&after=[\w-]+>; rel="next"$/),
    ])
  })
})

describe('the plain list', () => {
  it('leaves out the deprovisioned; filter and search do not', async () => {
    const { call } = await startWithUsers(2)
    await call('DELETE', '/api/v1/users/u0')
    const list = async (query: string) => logins((await call('GET', `/api/v1/users?${query}`)).body)
    expect(await list('')).toEqual([ADMIN, 'u1@example.com'])
    expect(await list('q=Isaac')).toEqual(['u1@example.com'])
    const expression = encodeURIComponent('profile.lastName eq "brock"')
    expect(await list(`search=${expression}`)).toEqual(['u0@example.com', 'u1@example.com'])
    const exact = encodeURIComponent('profile.lastName eq "Brock"')
    expect(await list(`filter=${exact}`)).toEqual(['u0@example.com', 'u1@example.com'])
    // Case matters in a filter, but not in a search.
    expect(await list(`filter=${expression}`)).toEqual([])
  })

  it('by q has 10 users and no next page', async () => {
    const { call } = await startWithUsers(12)
    const { headers, body } = await call('GET', '/api/v1/users?q=u')
    expect(logins(body)).toHaveLength(10)
    expect(nextOf(headers)).toBeUndefined()
  })
})

describe('an attribute of any type', () => {
  it.each([
    ['profile.tags eq "rock"', ['a@example.com']],
    ['profile.tags sw "ro"', ['a@example.com']],
    ['profile.vip eq true', ['a@example.com']],
    ['profile.vip eq false', ['b@example.com']],
    ['profile.logins gt 5', ['b@example.com']],
    ['profile.logins le 5', ['a@example.com']],
    ['profile.logins pr', ['a@example.com', 'b@example.com']],
  ])('is searched for: %s', async (search, expected) => {
    const properties = {
      tags: { type: 'array', items: { type: 'string' } },
      vip: { type: 'boolean' },
      logins: { type: 'integer' },
    } as const
    const { create, call } = await startTestSandbox({
      schema: { definitions: { custom: { properties } } },
    })
    await create({ ...profileFor('a@example.com'), tags: ['indie', 'rock'], vip: true, logins: 5 })
    await create({ ...profileFor('b@example.com'), tags: ['rockabilly'], vip: false, logins: 7 })
    await create(profileFor('c@example.com'))
    const exact = search.includes('sw') ? [...expected, 'b@example.com'] : expected
    const { body } = await call('GET', `/api/v1/users?search=${encodeURIComponent(search)}`)
    expect(logins(body)).toEqual(exact)
  })
})

describe('fields', () => {
  it('keep the selected parts of each user', async () => {
    const { call } = await startWithUsers(1)
    const { body } = await call('GET', '/api/v1/users?fields=id,status,profile:(login,email)')
    expect((body as object[])[1]).toEqual({
      id: expect.any(String) as string,
      status: 'ACTIVE',
      profile: { login: 'u0@example.com', email: 'u0@example.com' },
    })
  })

  it.each(['id,', ',id', 'profile:(', 'profile:()', 'a b'])('are refused: %s', async (fields) => {
    const { call } = await startTestSandbox()
    const path = `/api/v1/users?fields=${encodeURIComponent(fields)}`
    expect((await call('GET', path)).status).toBe(400)
  })
})

describe('an expression', () => {
  it.each([
    ['search', 'status eq "ACTIVE" and (profile.login eq "U1@example.com" or id eq "x")'],
    ['search', 'profile.login co "1@"'],
    ['search', 'profile.secondEmail pr or profile.login co "U1"'],
    ['search', 'profile.login co "u1" and (status lt "STAGED" or status gt "STAGED")'],
    ['search', 'profile.login eq "u1@example.com" and created gt "2020-01-01T00:00:00.000Z"'],
    ['filter', 'profile.login eq "u1@example.com" and lastUpdated lt "2120-01-01T00:00:00.000Z"'],
  ])('in %s finds the users that it describes: %s', async (parameter, expression) => {
    const { call } = await startWithUsers(2)
    const path = `/api/v1/users?${parameter}=${encodeURIComponent(expression)}`
    expect(logins((await call('GET', path)).body)).toEqual(['u1@example.com'])
  })

  it.each([
    ['search', 'credentials.provider.type eq "IMPORT"'],
    ['filter', 'credentials.provider.type eq "IMPORT"'],
    ['filter', 'created gt "2020-01-01T00:00:00.000Z"'],
    ['filter', 'profile.login sw "u1"'],
    ['filter', 'profile.login pr'],
    ['search', 'profile.login ne "u1@example.com"'],
  ])('in %s is refused, as by Okta: %s', async (parameter, expression) => {
    const { call } = await startTestSandbox()
    const path = `/api/v1/users?${parameter}=${encodeURIComponent(expression)}`
    expect(await call('GET', path)).toMatchObject({
      status: 400,
      body: { errorCode: 'E0000031' },
    })
  })
})
