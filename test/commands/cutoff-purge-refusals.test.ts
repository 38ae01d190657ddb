/** What `okta-migrate cutoff purge` does not take for granted, such as the rows that are there. */
import { describe, expect, it } from 'vitest'
import { addMoved, addPending, LEGACY_HASH, type LegacyPerson } from '../support/campaign.ts'
import { runScript } from '../support/database-client.ts'
import { startPurge } from '../support/purge.ts'

const hashOf = (n: number): string => LEGACY_HASH.slice(0, -3) + String(n).padStart(3, '0')
const loginOf = (n: number): string => `person${n}@example.com`

const people = (count: number, more: (n: number) => Partial<LegacyPerson> = () => ({})) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ id: n, login: loginOf(n), hash: hashOf(n), ...more(n) },
  }))

/** The first people have moved, the next ones have not, and all others are not in Okta. */
const startClosed = async (
  [moved, pending]: readonly [number, number],
  more: Parameters<typeof startPurge>[1],
) => {
  const purge = await startPurge(async (org) => {
    for (let n = 0; n < moved; n++) await addMoved(org, loginOf(n))
    for (let n = moved; n < moved + pending; n++) await addPending(org, loginOf(n))
  }, more)
  await purge.close()
  return purge
}

describe('the check', () => {
  const sql =
    "UPDATE people SET password_hash = NULL, wave = 'purged' WHERE wave IS NULL AND id = :id"

  it('fails where rows of the purge are not there', async () => {
    const purge = await startClosed([3, 1], { people: people(4) })
    await purge.purge()
    purge.exec('DELETE FROM people WHERE id > 0')
    const some = await purge.check()
    expect([some.code, some.stdout]).toEqual([1, expect.stringMatching(/2 of 3[^]+not in people/)])
    purge.exec('DELETE FROM people')
    const all = await purge.check()
    expect([all.code, all.stdout]).toEqual([1, expect.stringMatching(/3 of 3[^]+not in people/)])
  })

  it('finds rows for which the condition of the statement holds no more', async () => {
    const purge = await startClosed([3, 1], { people: people(4), sql })
    await purge.purge(['--hash-column', 'password_hash'])
    const script = purge.read('purge.sql')
    if (runScript('sqlite', `sqlite:${purge.path('legacy.sqlite')}`, script) === undefined) return
    const purged = await purge.check()
    expect([purged.code, purged.stdout]).toEqual([0, expect.stringContaining('None of the 3')])
    purge.exec(`UPDATE people SET password_hash = '${LEGACY_HASH}' WHERE id = 0`)
    expect((await purge.check()).code).toBe(1)
  })

  it('wants no rows where the statement deletes them', async () => {
    const purge = await startClosed([3, 1], {
      ...{ people: people(4), sql: 'DELETE FROM people WHERE id = :id' },
    })
    await purge.purge(['--hash-column', 'password_hash'])
    purge.exec('DELETE FROM people WHERE id < 3')
    expect((await purge.check()).code).toBe(0)
  })
})

it('says that the script has ids, which can be logins', async () => {
  const purge = await startClosed([1, 0], {
    people: people(1),
    sql: 'UPDATE people SET password_hash = NULL WHERE login = :id',
    env: { LEGACY_AUDIT_SQL: 'SELECT login AS id, login, password_hash FROM people' },
  })
  await purge.purge()
  const script = purge.read('purge.sql')
  expect(script).toContain(loginOf(0))
  expect(script).not.toContain('no login')
  expect(script).toContain('the id of each person')
})
