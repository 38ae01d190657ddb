/** The work of a call does not show which accounts exist: unknown logins cost as much as known ones. */
import { hashSync } from 'bcryptjs'
import { expect, it, onTestFinished } from 'vitest'
import { startHook } from '../support/hook.ts'

const COSTS = [4, 4, 4, 5, 6, 6]
const PEOPLE = 300

/** The probability that a draw from the first list is greater than one from the second; equals count half. */
const areaUnderCurve = (some: readonly number[], others: readonly number[]): number => {
  const wins = some.flatMap((a) => others.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
  return wins.reduce((sum: number, win) => sum + win, 0) / wins.length
}

it('the work has the same distribution from the first call on, if the store has hashes of many costs', async () => {
  const hashes = COSTS.map((cost) => hashSync('open sesame', cost))
  const rows = Array.from({ length: PEOPLE }, (_, i) => ({
    login: `known${i}@example.com`,
    hash: hashes[i % hashes.length] ?? '',
  }))
  const hook = await startHook({ rows, poolSize: 2, settings: { deadlineMs: 60_000 } })
  onTestFinished(() => hook.close())
  const workFor = async (name: string): Promise<number[]> => {
    const first = hook.runs.length
    const logins = rows.map((_, i) => `${name}${i}@example.com`)
    for (let i = 0; i < PEOPLE; i += 25) {
      await Promise.all(logins.slice(i, i + 25).map((login) => hook.signIn(login, 'open barley')))
    }
    // Only the prefix and cost of a hash are kept: $2b$10$
    return hook.runs.slice(first).map((run) => 2 ** Number(run.slice(4, 6)))
  }
  const unknown = await workFor('unknown')
  const known = await workFor('known')
  expect([unknown.length, known.length]).toEqual([PEOPLE, PEOPLE])
  const area = areaUnderCurve(known, unknown)
  expect(area).toBeGreaterThan(0.45)
  expect(area).toBeLessThan(0.55)
})
