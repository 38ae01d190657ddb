/** `status --quick` after any months counts what a full `status` counts at the same moment. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Ended } from '../support/command.ts'
import { loginOfPerson, startLivingOrg, type LivingOrg } from '../support/living-org.ts'
import { fc } from '../support/properties.ts'

const PEOPLE = 12

const COLUMNS = ['--wave', 'lastName', '--password-changed', 'changed_at']

type Act = (org: LivingOrg, id: number) => unknown

const ACTS: Readonly<Record<string, Act>> = {
  right: (org, id) => org.signIn(id, 'right'),
  wrong: (org, id) => org.signIn(id, 'wrong'),
  lost: (org, id) => org.record(id, 'VERIFIED', { callerGone: true }),
  reset: (org, id) => org.act(id, 'reset_password'),
  choose: (org, id) => org.resetAndChoose(id),
  set: (org, id) => org.setPassword(id),
  suspend: (org, id) => org.act(id, 'suspend'),
  unsuspend: (org, id) => org.act(id, 'unsuspend'),
  deactivate: (org, id) => org.act(id, 'deactivate'),
  activate: (org, id) => org.act(id, 'activate'),
  delete: (org, id) => org.delete(id),
  create: (org, id) => org.create(id),
  rename: (org, id) => org.update(id, { profile: { login: loginOfPerson(100 + id) } }),
  renameBack: (org, id) => org.update(id, { profile: { login: loginOfPerson(id) } }),
  swap: (org, id) => org.update(id, { profile: { login: loginOfPerson((id + 1) % PEOPLE) } }),
  wait: (org, id) => org.wait(24 * id),
  quick: (org) => org.status('state.sqlite', '--quick', ...COLUMNS),
  full: (org) => org.status('state.sqlite', ...COLUMNS),
}

const counts = ({ stdout }: Ended): object => ({
  ...(JSON.parse(stdout) as object),
  ...{ sources: undefined, files: undefined },
})

const peopleIn = ({ dir }: LivingOrg, state: string): unknown[] => {
  const db = new Database(join(dir, state))
  try {
    const all = db.prepare<[], Record<string, unknown>>('SELECT * FROM people ORDER BY login').all()
    // A lockout changes no count, nor does the last sign-in of somebody who has moved.
    return all.map((row) => ({
      ...{ ...row, evidence: undefined, okta_seen: undefined },
      status: row['status'] === 'LOCKED_OUT' ? 'ACTIVE' : row['status'],
    }))
  } finally {
    db.close()
  }
}

const acts = fc.array(
  fc.tuple(
    fc.constantFrom(...Object.keys(ACTS), 'right', 'right', 'wrong', 'wait'),
    fc.nat(PEOPLE - 1),
  ),
  { minLength: 5, maxLength: 40 },
)

const switches = fc.record({
  importTarget: fc.constantFrom('user', 'user', 'user', 'nobody'),
  providerAtReset: fc.constantFrom('IMPORT', 'OKTA'),
  providerAfterReset: fc.constantFrom('IMPORT', 'OKTA'),
  hookFailures: fc.constantFrom('ignored', 'counted'),
} as const)

const faults = fc.record({ shortPageRate: fc.constantFrom(0, 0.5) })

it('whatever has happened', async () => {
  let quickRuns = 0
  await fc.assert(
    fc.asyncProperty(acts, switches, faults, async (history, answers, flaws) => {
      const living = await startLivingOrg(PEOPLE, { switches: answers, faults: flaws })
      living.wait(2)
      await living.status('state.sqlite', ...COLUMNS)
      for (const [name, id] of history) {
        await ACTS[name]?.(living, id)
        living.wait(0.1)
      }
      const quick = await living.status('state.sqlite', '--quick', ...COLUMNS)
      const full = await living.status('fresh.sqlite', ...COLUMNS)
      expect([quick.code, full.code]).toEqual([0, 0])
      expect(counts(quick)).toEqual(counts(full))
      expect(peopleIn(living, 'state.sqlite')).toEqual(peopleIn(living, 'fresh.sqlite'))
      const isQuick = quick.stdout.includes('"quick":{')
      expect(isQuick || answers.importTarget === 'nobody' || quick.stdout).toBe(true)
      if (isQuick) quickRuns++
    }),
    { numRuns: 25 },
  )
  expect(quickRuns).toBeGreaterThan(5)
})
