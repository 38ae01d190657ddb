/** What `okta-migrate cutoff purge` does not take for granted: the column of --sql, who changed a password, and the rows that are there. */
import { describe, expect, it } from 'vitest'
import { addMoved, addPending, LEGACY_HASH, type LegacyPerson } from '../support/campaign.ts'
import { runScript } from '../support/database-client.ts'
import { startPurge } from '../support/purge.ts'

const ACCEPTED = ['--accept', 'changes_unknown']
const HOUR_MS = 3_600_000

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

describe('the column of --sql', () => {
  it('is refused where the table has other hashes for the ids than the audit', async () => {
    const sql = 'UPDATE people SET password_hash = NULL WHERE wave = :id'
    const own = { people: people(8, (n) => ({ wave: (n + 4) % 8 })), sql }
    const purge = await startClosed([4, 4], own)
    const { code, stderr } = await purge.run(['--dry-run', ...ACCEPTED])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/8 of 8 ids[^]+wave[^]+not the id/)])
    const planned = await purge.cutoff(['plan', '--dry-run', '--sql', sql])
    expect(planned.stdout).toMatch(/8 of 8 ids[^]+\(purge_sql\)/)
  })

  it('is taken where few hashes are others, and those people are left out', async () => {
    const LEGACY_AUDIT_SQL =
      "SELECT id, login, CASE id WHEN 0 THEN 'another' ELSE password_hash END AS password_hash FROM people"
    const purge = await startClosed([2, 1], { people: people(120), env: { LEGACY_AUDIT_SQL } })
    const { purged, leftOut } = await purge.count()
    expect([purged, leftOut]).toEqual([1, { not_in_okta: 117, not_moved: 1, hash_differs: 1 }])
  })

  it('is refused where the audit has no hashes', async () => {
    const LEGACY_AUDIT_SQL = 'SELECT id, login, NULL AS password_hash FROM people'
    const purge = await startClosed([2, 0], { people: people(2), env: { LEGACY_AUDIT_SQL } })
    const { code, stderr } = await purge.run(['--dry-run', ...ACCEPTED])
    expect([code, stderr]).toEqual([2, expect.stringContaining('2 of 2 ids')])
  })

  it('is taken with columns that the audit has under other names', async () => {
    const LEGACY_AUDIT_SQL =
      'SELECT id AS "Number", login AS mail, password_hash AS "p w" FROM people; '
    const map = ['login=mail', 'id=number', 'password_hash=p w'].flatMap((each) => ['--map', each])
    const purge = await startClosed([2, 0], { people: people(2) })
    purge.env['LEGACY_AUDIT_SQL'] = LEGACY_AUDIT_SQL
    expect((await purge.count(map)).purged).toBe(2)
  })
})

describe('who changed the legacy password', () => {
  it('must be known, unless it is accepted', async () => {
    const purge = await startClosed([2, 0], { people: people(2) })
    const refusal = [2, expect.stringContaining('--accept changes_unknown')]
    for (const args of [[], ['--password-changed', 'changed_at']]) {
      const { code, stderr } = await purge.run(['--dry-run', ...args], 8, false)
      expect([code, stderr]).toEqual(refusal)
    }
    const accepted = await purge.run(['--dry-run', ...ACCEPTED])
    expect([accepted.code, accepted.stdout]).toEqual([0, expect.stringContaining('Not known')])
    const { stdout } = await purge.purge(ACCEPTED)
    expect(stdout).toContain('2 statements')
    expect(JSON.parse(purge.read('proof.json'))).toMatchObject({ accepted: ['changes_unknown'] })
  })

  it('leaves out who has a time that cannot be read', async () => {
    const changed = (n: number) => ({ changed: n === 0 ? 'last week' : '2020-01-01' })
    const purge = await startClosed([2, 0], { people: people(120, changed) })
    const { purged, leftOut } = await purge.count(['--password-changed', 'changed_at'])
    expect([purged, leftOut]).toEqual([1, { not_in_okta: 118, changed_unreadable: 1 }])
  })

  it.each([
    ['13 hours before the move without a zone', 13, '', 0],
    ['15 hours before the move without a zone', 15, '', 1],
    ['13 hours before the move in UTC', 13, 'Z', 1],
  ])('purges, of a change %s: %#', async (_, hours, zone, purged) => {
    const at = new Date(Date.now() - hours * HOUR_MS).toISOString().replace('Z', zone)
    const purge = await startClosed([1, 0], { people: people(1, () => ({ changed: at })) })
    expect((await purge.count(['--password-changed', 'changed_at'])).purged).toBe(purged)
  })
})

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
