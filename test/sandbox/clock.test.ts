/** The clock that jumps: what it moves, and what stays with the callers. */
import { describe, expect, it } from 'vitest'
import { HOOK_PASSWORD, profileFor, startTestSandbox } from '../support/sandbox.ts'

const START = Date.UTC(2026, 9, 5)
const LOGIN = 'isaac.brock@example.com'

const start = async (options: Parameters<typeof startTestSandbox>[0] = {}) => {
  const sandbox = await startTestSandbox({ startedAt: START, ...options })
  const jump = (body: object) => sandbox.call('PUT', '/sandbox/clock', body)
  const now = async () =>
    ((await sandbox.call('GET', '/sandbox/clock')).body as { now: string }).now
  return { ...sandbox, jump, now }
}

describe('a jump', () => {
  it('goes ahead by days or to a date', async () => {
    const { jump, now } = await start()
    expect(await now()).toMatch(/^2026-10-05T00:00/)
    expect((await jump({ days: 1.5 })).body).toEqual({
      now: expect.stringMatching(/^2026-10-06T12:00/) as string,
    })
    await jump({ to: '2027-01-01T02:00:00+01:00' })
    expect(await now()).toMatch(/^2027-01-01T01:00/)
  })

  it.each([
    { to: '2026-10-04T23:59:59Z' },
    { to: 'tomorrow' },
    { to: '2046-10-04T23:59:59Z' },
    { days: 0 },
    { days: -1 },
    { days: 1, to: '2027-01-01T00:00:00Z' },
    { hours: 1 },
    {},
  ])('is refused: %j', async (body) => {
    const { jump, now } = await start()
    expect(await jump(body)).toMatchObject({ status: 400, body: { errorCode: 'E0000001' } })
    expect(await now()).toMatch(/^2026-10-05T00:00/)
  })

  it('moves the dates of users, of the log and of answers', async () => {
    const { jump, create, signIn, events, call } = await start()
    await jump({ days: 10 })
    const created = await create(profileFor(LOGIN), HOOK_PASSWORD)
    expect(created.body).toMatchObject({ created: expect.stringMatching(/^2026-10-15/) as string })
    await signIn(LOGIN, 'any')
    expect(events().at(-1)?.published).toMatch(/^2026-10-15/)
    const { headers } = await call('GET', '/api/v1/users/me')
    expect(headers.get('date')).toMatch(/15 Oct 2026/)
    const reset = Number(headers.get('x-rate-limit-reset')) * 1000
    expect(new Date(reset).toISOString()).toMatch(/^2026-10-15T00:01/)
  })

  it('ends links, the window of a rate limit, and what the log shows', async () => {
    const { jump, create, call } = await start({ faults: { logRateLimit: 1 } })
    await create(profileFor(LOGIN), HOOK_PASSWORD)
    const path = `/api/v1/users/${LOGIN}/lifecycle/reset_password?sendEmail=false`
    const { body } = await call('POST', path)
    const { resetPasswordUrl } = body as { resetPasswordUrl: string }
    const read = () => call('GET', '/api/v1/logs?since=2026-01-01T00:00:00Z')
    expect([(await read()).status, (await read()).status]).toEqual([200, 429])
    await jump({ days: 0.5 })
    expect((await read()).body).toHaveLength(2)
    const form = new URLSearchParams({ password: 'Good news, 2004!' })
    expect((await fetch(resetPasswordUrl, { method: 'POST', body: form })).status).toBe(403)
    await jump({ days: 90 })
    expect((await read()).body).toEqual([])
  })

  it('does not end the tokens of callers, whose machine has another date', async () => {
    const client = { clientId: 'hook', clientSecret: 'secret', scopes: ['okta.hook'] }
    const { jump, url } = await start({ hookClients: [client], startedAt: Date.now() })
    await jump({ days: 60 })
    const form = { grant_type: 'client_credentials', client_id: 'hook', scope: 'okta.hook' }
    const body = new URLSearchParams({ ...form, client_secret: 'secret' })
    const answer = await fetch(`${url}/oauth2/default/v1/token`, { method: 'POST', body })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number
    }
    expect(claims.exp * 1000 - Date.now()).toBeLessThan(3_700_000)
  })
})
