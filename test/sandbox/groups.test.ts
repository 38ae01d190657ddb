/** Groups: found by name, shown, and assigned to a new user. */
import { describe, expect, it } from 'vitest'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'

const PATH = '/api/v1/groups'
const PROFILE = profileFor('isaac.brock@example.com')

const start = async () => {
  const sandbox = await startTestSandbox({
    groups: [{ name: 'Customers', description: 'They pay' }, { name: 'Customer care' }],
  })
  const names = async (query: string) => {
    const { body } = await sandbox.call('GET', PATH + query)
    return (body as { profile: { name: string } }[]).map(({ profile }) => profile.name)
  }
  return { ...sandbox, names }
}

describe('groups', () => {
  it.each([
    ['', ['Everyone', 'Customers', 'Customer care']],
    ['?q=CUSTOMER', ['Customers', 'Customer care']],
    ['?search=profile.name%20eq%20%22customers%22', ['Customers']],
    ['?search=profile.name%20sw%20%22custom%22', ['Customers', 'Customer care']],
    ['?filter=type%20eq%20%22BUILT_IN%22', ['Everyone']],
  ])('are listed by %j as %j', async (query, expected) => {
    const { names } = await start()
    expect(await names(query)).toEqual(expected)
  })

  it('are listed in pages', async () => {
    const { call, names } = await start()
    const { headers } = await call('GET', `${PATH}?limit=2`)
    const [, next = ''] = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '') ?? []
    expect(await names(new URL(next).search)).toEqual(['Customer care'])
  })

  it('have the form that Okta gives them', async () => {
    const { call, groups, url } = await start()
    const id = groups[1]?.id ?? ''
    expect((await call('GET', `${PATH}/${id}`)).body).toEqual({
      id: expect.stringMatching(/^00g\w{17}$/) as string,
      created: expect.any(String) as string,
      lastUpdated: expect.any(String) as string,
      lastMembershipUpdated: expect.any(String) as string,
      objectClass: ['okta:user_group'],
      type: 'OKTA_GROUP',
      profile: { name: 'Customers', description: 'They pay' },
      _links: {
        self: { href: `${url}${PATH}/${id}` },
        users: { href: `${url}${PATH}/${id}/users` },
        apps: { href: `${url}${PATH}/${id}/apps` },
      },
    })
    expect(await call('GET', `${PATH}/00gnone`)).toMatchObject({
      status: 404,
      body: { errorSummary: 'Not found: Resource not found: 00gnone (UserGroup)' },
    })
  })

  it.each(['?filter=profile.name%20eq%20%22x%22', '?search=size%20eq%20%221%22', '?after=x'])(
    'are not listed by %s',
    async (query) => {
      const { call } = await start()
      expect((await call('GET', PATH + query)).status).toBe(400)
    },
  )
})

describe('a new user', () => {
  it('is put into groups that exist, and not into Everyone', async () => {
    const { create, groups, users } = await start()
    const [everyone, customers, care] = groups.map(({ id }) => id)
    const into = (...groupIds: unknown[]) => create(PROFILE, { groupIds })
    expect(await into(customers, '00gnone')).toMatchObject({
      status: 404,
      body: { errorCode: 'E0000007' },
    })
    expect(await into(customers, everyone)).toMatchObject({
      status: 501,
      body: { errorCode: 'E0000060', errorCauses: [] },
    })
    expect([...users()]).toHaveLength(1)
    expect((await into(customers, care)).status).toBe(200)
  })
})
