/** The trace of calls: attempts, waits, and no logins. */
import { describe, expect, it } from 'vitest'
import { describeTracedCall, type TracedCall } from '../../src/okta/client/call-trace.ts'
import { ManualClock } from '../support/clock.ts'
import { advanceUntil, makeClient } from '../support/okta-client.ts'
import { inTurn, limits, reset, startOkta } from '../support/okta-server.ts'

const call = (path: string): string =>
  describeTracedCall({ method: 'GET', path, result: 200, ms: 1.4 })

describe('a path', () => {
  it.each([
    ['/api/v1/users?search=login+eq+"a"', '/api/v1/users'],
    ['/api/v1/users/a%40b.example', '/api/v1/users/…'],
    ['/api/v1/users/isaac.brock/lifecycle/activate', '/api/v1/users/…/lifecycle/activate'],
    ['/api/v1/users/melissa', '/api/v1/users/…'],
    ['/api/v1/users/me', '/api/v1/users/me'],
    ['/api/v1/users/00ub0oNGTSWTBKOLGLNR', '/api/v1/users/00ub0oNGTSWTBKOLGLNR'],
    ['/api/v1/groups/00g1/users', '/api/v1/groups/00g1/users'],
  ])('%s is shown as %s', (path, shown) => {
    expect(call(path)).toBe(`GET ${shown} 200, 1 ms`)
  })
})

describe('the calls of a client', () => {
  it('are reported one by one, with attempts, waits and results', async () => {
    const usedUp = { body: [], headers: limits(600, 0, 9) }
    const answered = { body: [], headers: { 'x-okta-request-id': 'req1' } }
    const okta = await startOkta(inTurn(usedUp, reset, answered))
    const calls: TracedCall[] = []
    const clock = new ManualClock()
    const { client } = makeClient(okta.url, undefined, clock, (each) => calls.push(each))
    for (let i = 0; i < 2; i++) {
      await advanceUntil(client.request({ method: 'GET', path: '/api/v1/users?limit=1' }), clock)
    }
    const lines = calls.map(describeTracedCall)
    expect(lines.map((line) => line.replace(/\d+ (?=ms)/, 'N '))).toEqual([
      'GET /api/v1/users 200, N ms',
      expect.stringMatching(
        /^GET \/api\/v1\/users no answer \(.+\), N ms, after waiting 1?\d s: rate limit share used up$/,
      ) as string,
      'GET /api/v1/users 200, N ms, request id req1, attempt 2',
    ])
  })
})
